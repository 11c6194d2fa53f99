"""Caches and queues follow the watches, and a list finds what the watches missed."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from controllers.loop.cache import Cache
from controllers.loop.controller import everybody, own_key
from controllers.loop.errors import MissingKind, NotFound, Unavailable
from controllers.loop.informer import Informer, ResyncTimes, WatchEvent
from controllers.loop.kube import Listing
from controllers.loop.objects import Object, ObjectKey, Resource
from controllers.loop.queue import WorkQueue
from controllers.loop.testing import MemoryKube, MemorySource
from controllers.loop.waking import Route
from tests.unit.controllers.loop.kube_contract import SITE, WIDGET, widget

QUICK = ResyncTimes(period=0.2, settle=0.02, gap=0.01, appear=0.05)


class World:
    """A server, a watch that can be deaf, a cache and a queue."""

    def __init__(self, times: ResyncTimes | None = None) -> None:
        self.kube = MemoryKube()
        self.source = MemorySource(self.kube)
        self.cache = Cache(WIDGET)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        routes = [Route(self.cache, own_key, self.queue)]
        self.informer = Informer(self.kube, (), routes, times, random.Random(3))
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> World:
        self._tasks.append(
            asyncio.create_task(self.source.run(self.informer.resources, self.informer.deliver, self._stop))
        )
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.queue.close()

    async def begin(self) -> None:
        await self.informer.sync()
        self.informer.begin()
        self.keep_listing()

    def keep_listing(self) -> None:
        self._tasks.append(asyncio.create_task(self.informer.resync()))

    async def make(self, name: str) -> Object:
        return await self.kube.create(WIDGET, widget(name))

    async def woken(self) -> set[str]:
        await asyncio.sleep(0)
        found = set()
        while len(self.queue):
            key = await self.queue.take()
            assert key is not None
            self.queue.done(key)
            found.add(key.name)
        return found

    async def until_gone(self, name: str) -> None:
        async with asyncio.timeout(2):
            while self.cache.get(ObjectKey("default", name)) is not None:
                await asyncio.sleep(0.005)


async def test_everything_listed_is_woken_once_work_begins() -> None:
    async with World() as world:
        for name in ("a", "b"):
            await world.make(name)
        assert not world.informer.synced
        await world.informer.sync()
        assert world.informer.synced
        assert await world.woken() == set()
        world.informer.begin()
        assert await world.woken() == {"a", "b"}


async def test_what_comes_and_goes_while_a_process_stands_by_leaves_nothing_in_it() -> None:
    async with World(QUICK) as world:
        await world.informer.sync()
        world.keep_listing()
        for number in range(50):
            await world.kube.delete(await world.make(f"w-{number}"))
        await asyncio.sleep(3 * QUICK.period)
        assert world.cache._gone | world.cache._gone_before == set()
        assert (len(world.queue), world.queue.delayed) == (0, 0)


async def test_two_lists_under_way_are_not_taken_for_a_store_that_was_set_back() -> None:
    async with World() as world:
        plain, slow = world.kube.list, iter([0.05])

        async def held_back(resource: Resource, **options: object) -> object:
            listing = await plain(resource, **options)  # type: ignore[arg-type]
            await asyncio.sleep(next(slow, 0.0))
            return listing

        world.kube.list = held_back  # type: ignore[method-assign, assignment]
        older = asyncio.create_task(world.informer.sync())
        await asyncio.sleep(0)
        await world.make("a")
        await asyncio.gather(older, world.informer.sync())
        assert world.informer.synced


async def test_each_change_and_the_deletion_wake_their_key() -> None:
    async with World() as world:
        await world.begin()
        made = await world.make("a")
        assert await world.woken() == {"a"}
        changed = await world.kube.patch(made, {"spec": {"size": 2}})
        assert await world.woken() == {"a"}
        await world.kube.delete(changed)
        assert await world.woken() == {"a"}
        assert len(world.cache) == 0


async def test_a_deletion_in_a_watch_gap_is_found_by_the_next_list() -> None:
    async with World(QUICK) as world:
        made = await world.make("gone")
        await world.make("stays")
        await world.begin()
        await world.woken()
        world.source.deaf = True
        await world.kube.delete(made)
        await world.until_gone("gone")
        assert "gone" in await world.woken()
        assert world.cache.get(ObjectKey("default", "stays")) is not None


async def test_a_watch_that_starts_again_brings_the_next_list_forward() -> None:
    async with World(ResyncTimes(period=3600, settle=0.02, gap=0.01)) as world:
        made = await world.make("gone")
        await world.make("stays")
        await world.begin()
        await asyncio.sleep(0.05)
        world.source.deaf = True
        await world.kube.delete(made)
        await asyncio.sleep(0.01)
        world.source.hear_again()
        await world.until_gone("gone")


async def test_what_a_restarted_watch_repeats_wakes_nobody() -> None:
    async with World() as world:
        await world.make("a")
        await world.begin()
        await world.woken()
        world.source.hear_again()
        assert await world.woken() == set()


async def test_a_change_in_a_watch_gap_wakes_its_key_when_the_watch_is_back() -> None:
    async with World() as world:
        made = await world.make("a")
        await world.begin()
        await world.woken()
        world.source.deaf = True
        await world.kube.patch(made, {"spec": {"size": 2}})
        await asyncio.sleep(0)
        world.source.hear_again()
        assert await world.woken() == {"a"}


async def test_every_key_is_looked_at_again_in_each_period() -> None:
    async with World(QUICK) as world:
        await world.make("a")
        await world.begin()
        assert await world.woken() == {"a"}
        async with asyncio.timeout(2):
            assert await world.queue.take() == ObjectKey("default", "a")


async def test_a_list_that_fails_is_tried_again() -> None:
    async with World(QUICK) as world:
        made = await world.make("gone")
        await world.begin()
        world.source.deaf = True
        failures = iter([True, True])

        def outage(verb: str, resource: Resource, key: ObjectKey) -> None:
            if verb == "list" and next(failures, False):
                raise Unavailable("no answer")

        world.kube.interrupt = outage
        await world.kube.delete(made)
        await world.until_gone("gone")


async def test_a_kind_that_is_not_served_is_named_with_the_remedy() -> None:
    async with World(QUICK) as world:

        def missing(verb: str, resource: Resource, key: ObjectKey) -> None:
            raise NotFound("404 page not found")

        world.kube.interrupt = missing
        with pytest.raises(MissingKind, match=r"widgets\.test\.hardpan\.dev: install the CRDs"):
            await world.informer.sync()


async def test_a_kind_that_has_just_been_defined_is_waited_for() -> None:
    async with World(QUICK) as world:
        answers = iter([True, True])

        def not_yet(verb: str, resource: Resource, key: ObjectKey) -> None:
            if next(answers, False):
                raise NotFound("404 page not found")

        world.kube.interrupt = not_yet
        await world.informer.sync()
        assert world.informer.synced


async def test_a_child_wakes_its_parent() -> None:
    queue: WorkQueue[ObjectKey] = WorkQueue()
    sites = Cache(SITE)

    def parent(seen: Object) -> list[ObjectKey]:
        return [ObjectKey(seen.namespace, seen.labels["parent"])]

    informer = Informer(MemoryKube(), [sites], [Route(Cache(WIDGET), parent, queue)])
    informer.begin()
    assert set(informer.resources) == {WIDGET, SITE}
    child = Object(WIDGET, {"metadata": {"name": "c", "namespace": "ns", "labels": {"parent": "p"}}})
    informer.deliver(WatchEvent("ADDED", child))
    assert await queue.take() == ObjectKey("ns", "p")


async def test_a_cache_that_nobody_watches_is_kept_current() -> None:
    kube, sites = MemoryKube(), Cache(SITE)
    informer = Informer(kube, [sites], [])
    await kube.create(SITE, {"metadata": {"name": "eu"}, "spec": {}})
    await informer.sync()
    assert [each.name for each in sites.all()] == ["eu"]


async def test_a_watch_that_goes_deaf_while_things_change_is_named_until_it_speaks_again() -> None:
    async with World(QUICK) as world:
        await world.begin()
        await asyncio.sleep(0)
        world.source.deaf = True
        for number in range(100):
            await world.make(f"w-{number}")
            await asyncio.sleep(0.02)
            if world.informer.silent:
                break
        assert world.informer.silent == [WIDGET]
        world.source.hear_again()
        await asyncio.sleep(0.05)
        assert world.informer.silent == []


async def test_a_list_in_which_many_records_changed_calls_everybody_once() -> None:
    kube, sites, widgets = MemoryKube(), Cache(SITE), Cache(WIDGET)
    calls = CountingQueue()
    informer = Informer(kube, [], [Route(widgets, own_key, calls), Route(sites, everybody, calls)])
    for number in range(20):
        await kube.create(WIDGET, widget(f"w-{number}"))
        await kube.create(SITE, {"metadata": {"name": f"s-{number}"}, "spec": {}})
    await informer.sync()
    informer.begin()
    await asyncio.sleep(0)
    assert calls.added == 20 + 20


async def test_the_look_at_everything_that_nothing_tells_calls_nobody_twice() -> None:
    kube, sites, widgets = MemoryKube(), Cache(SITE), Cache(WIDGET)
    calls = CountingQueue()
    informer = Informer(kube, [], [Route(widgets, own_key, calls), Route(sites, everybody, calls)], QUICK)
    await kube.create(WIDGET, widget("w"))
    for number in range(20):
        await kube.create(SITE, {"metadata": {"name": f"s-{number}"}, "spec": {}})
    await informer.sync()
    informer.begin()
    await asyncio.sleep(0)
    calls.added = 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(QUICK.settle + 0.05):
            await informer.resync()
    assert calls.added == 1


class CountingQueue(WorkQueue[ObjectKey]):
    """Counts how often a key was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.added = 0

    def add(self, key: ObjectKey) -> None:
        self.added += 1
        super().add(key)

    def add_after(self, key: ObjectKey, seconds: float) -> None:
        self.added += 1
        super().add_after(key, seconds)


async def test_of_a_list_only_what_is_news_is_kept_until_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async with World(QUICK) as world:
        first = await world.make("first")
        listed: list[list[int]] = []
        list_all = world.kube.list

        async def sizes(*where: Any, **how: Any) -> Listing:
            listing = await list_all(*where, **how)
            listed.append([len(each.raw) for each in listing.objects])
            return listing

        monkeypatch.setattr(world.kube, "list", sizes)
        await world.begin()
        held = world.cache.get(first.key)
        assert held is not None
        assert held.spec == first.spec
        await asyncio.sleep(0.1)
        assert listed[:2] == [[1], [1]], "metadata, and not even all of that"
        assert world.cache.get(first.key) == held
