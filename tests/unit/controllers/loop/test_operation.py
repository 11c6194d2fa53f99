"""A process works only when it has seen everything and leads, and ends in the order that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from controllers.loop import operation as operation_module
from controllers.loop.cache import Cache
from controllers.loop.controller import Controller, Done, Outcome, Watch
from controllers.loop.errors import LeaseLost, MissingKind, NotFound, ProcessEnded, WatchEnded
from controllers.loop.informer import ResyncTimes, WatchSource
from controllers.loop.lease import Lease, LeaseTimes
from controllers.loop.metrics import Metrics
from controllers.loop.objects import LEASE, ObjectKey, Resource
from controllers.loop.operation import Operation
from controllers.loop.process import Background, Context, Process
from controllers.loop.remembering import RememberingKube
from controllers.loop.settings import LoopSettings
from controllers.loop.testing import MemoryKube, MemorySource
from tests.unit.controllers.loop.kube_contract import WIDGET, widget

KEY = ObjectKey("hardpan-system", "hardpan-test")
TIMES = LeaseTimes(duration=1, renew_deadline=0.3, retry=0.02)


class World:
    """A process on a server in memory that makes every widget ready; `log` tells what happened in which order."""

    def __init__(self, kube: MemoryKube, holder: str = "me", slow: float = 0.0) -> None:
        self.memory = kube
        self.log: list[str] = []
        self.slow = slow
        self.resync_times = ResyncTimes(appear=0.05)
        self.cache = Cache(WIDGET)
        self.kube = RememberingKube(kube)
        self.kube.remember(self.cache)
        self.source: WatchSource = MemorySource(kube)
        self.stop = asyncio.Event()
        self.lease = Lease(kube, KEY, holder, TIMES)
        self.context = Context(self.kube, self.lease, Metrics())
        self.controller = Controller("test", [Watch(self.cache)], self.reconcile)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        self.log.append(f"began {key.name}")
        await asyncio.sleep(self.slow)
        found = self.cache.get(key)
        if found is not None:
            await self.kube.apply_status(found, {"phase": "Ready"}, "test")
        self.log.append(f"ended {key.name}")
        return Done()

    async def closing(self) -> None:
        held = (await self.memory.get(LEASE, KEY)).spec["holderIdentity"]
        self.log.append(f"closed while the lease is held by {held or 'nobody'}")

    def operation(self, background: Sequence[Background] = (), leads: bool = True) -> Operation:
        closing = [self.closing] if leads else []
        process = Process([self.controller], background=background, closing=closing, leads=leads)
        settings = LoopSettings("test", drain_seconds=0.5, resync_times=self.resync_times)
        return Operation(process, self.context, self.source, settings, self.stop)

    @asynccontextmanager
    async def running(self, background: Sequence[Background] = (), leads: bool = True) -> AsyncIterator[Operation]:
        operation = self.operation(background, leads)
        task = asyncio.create_task(operation.run())
        try:
            yield operation
        finally:
            self.stop.set()
            await asyncio.wait_for(task, 5)


async def until(condition: object, seconds: float = 2.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.002)


def ready(kube: MemoryKube, count: int) -> bool:
    return [each.status.get("phase") for each in kube.objects(WIDGET)] == ["Ready"] * count


async def test_what_is_there_and_what_comes_is_reconciled() -> None:
    kube = MemoryKube()
    await kube.create(WIDGET, widget("before"))
    world = World(kube)
    async with world.running() as operation:
        await until(lambda: ready(kube, 1))
        assert operation.working
        await kube.create(WIDGET, widget("after"))
        await until(lambda: ready(kube, 2))


async def test_nothing_is_reconciled_before_everything_is_listed() -> None:
    kube = MemoryKube()
    await kube.create(WIDGET, widget("w"))
    world = World(kube)
    listing = asyncio.Event()
    plain = kube.list

    async def held_back(resource: Resource, **options: object) -> object:
        await listing.wait()
        return await plain(resource, **options)  # type: ignore[arg-type]

    kube.list = held_back  # type: ignore[method-assign, assignment]
    async with world.running() as operation:
        await asyncio.sleep(0.05)
        assert (world.log, operation.ready) == ([], False)
        listing.set()
        await until(lambda: ready(kube, 1))


async def test_of_two_processes_one_works_and_the_other_takes_over_when_it_ends() -> None:
    kube = MemoryKube()
    first, second = World(kube, "first"), World(kube, "second")
    async with first.running():
        await until(lambda: first.lease.leading)
        async with second.running() as standby:
            await kube.create(WIDGET, widget("one"))
            await until(lambda: ready(kube, 1))
            assert (second.log, standby.ready, standby.working) == ([], True, False)
            first.stop.set()
            await until(lambda: second.lease.leading)
            await kube.create(WIDGET, widget("two"))
            await until(lambda: ready(kube, 2))
            assert "began two" in second.log
            assert "began two" not in first.log


class Deaf:
    """A watch that tells nothing."""

    async def run(self, _: object, __: object, stop: asyncio.Event) -> None:
        await stop.wait()


async def test_who_takes_over_decides_on_what_its_watches_missed_while_it_stood_by() -> None:
    kube = MemoryKube()
    first, second = World(kube, "first"), World(kube, "second")
    second.source = Deaf()
    async with first.running():
        await until(lambda: first.lease.leading)
        async with second.running() as standby:
            await until(lambda: standby.ready)
            await kube.create(WIDGET, widget("unheard"))
            first.stop.set()
            await until(lambda: second.lease.leading)
            await until(lambda: "began unheard" in second.log)


async def test_asked_to_end_it_finishes_then_releases_then_watches_no_more() -> None:
    kube = MemoryKube()
    await kube.create(WIDGET, widget("w"))
    world = World(kube, slow=0.05)
    async with world.running():
        await until(lambda: "began w" in world.log)
    assert world.log == ["began w", "ended w", "closed while the lease is held by nobody"]
    assert (await kube.get(LEASE, KEY)).spec["holderIdentity"] == ""


async def test_the_lease_is_not_handed_over_while_a_part_cannot_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation_module, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(operation_module, "GIVE_UP_SECONDS", 0.03)
    working = True

    async def deaf() -> None:
        while working:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

    kube = MemoryKube()
    world = World(kube)
    async with world.running(background=[deaf]):
        await until(lambda: world.lease.leading)
        await asyncio.sleep(0.05)
    working = False
    assert (await kube.get(LEASE, KEY)).spec["holderIdentity"] == "me"


async def test_a_lost_lease_stops_work_in_the_middle_and_is_an_error() -> None:
    kube = MemoryKube()
    await kube.create(WIDGET, widget("w"))
    world = World(kube, slow=0.5)
    task = asyncio.create_task(world.operation().run())
    await until(lambda: "began w" in world.log)
    await kube.patch(await kube.get(LEASE, KEY), {"spec": {"holderIdentity": "thief"}})
    with pytest.raises(LeaseLost, match="thief"):
        await asyncio.wait_for(task, 2)
    await asyncio.sleep(0.5)
    assert "ended w" not in world.log
    assert ready(kube, 0) or kube.objects(WIDGET)[0].status == {}


async def test_a_missing_kind_ends_the_process_with_a_sentence() -> None:
    kube = MemoryKube()

    def missing(verb: str, resource: Resource, key: ObjectKey) -> None:
        if resource == WIDGET:
            raise NotFound("404 page not found")

    kube.interrupt = missing
    with pytest.raises(MissingKind, match="install the CRDs"):
        await asyncio.wait_for(World(kube).operation().run(), 2)


async def test_watches_that_end_take_the_process_with_them() -> None:
    class Broken:
        async def run(self, *_: object) -> None:
            await asyncio.sleep(0.02)
            raise WatchEnded("the stream broke")

    kube = MemoryKube()
    world = World(kube)
    world.source = Broken()
    with pytest.raises(WatchEnded, match="broke"):
        await asyncio.wait_for(world.operation().run(), 2)
    assert (await kube.get(LEASE, KEY)).spec["holderIdentity"] == ""


async def test_background_tasks_run_while_leading_and_end_with_the_process() -> None:
    ticks: list[str] = []

    async def ticking() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                ticks.append("tick")
                await asyncio.sleep(0.005)
        ticks.append("ended")

    world = World(MemoryKube())
    async with world.running([ticking]):
        await until(lambda: len(ticks) > 2)
    assert ticks[-1] == "ended"


async def test_a_background_task_that_ends_unasked_ends_the_process() -> None:
    async def short() -> None:
        return

    with pytest.raises(ProcessEnded, match="short"):
        await asyncio.wait_for(World(MemoryKube()).operation([short]).run(), 2)


async def test_a_background_task_that_fails_ends_the_process_with_its_error() -> None:
    async def failing() -> None:
        raise ConnectionError("no Redis")

    with pytest.raises(ConnectionError, match="no Redis"):
        await asyncio.wait_for(World(MemoryKube()).operation([failing]).run(), 2)


async def test_a_process_that_need_not_lead_takes_no_lease() -> None:
    kube = MemoryKube()
    async with World(kube).running(leads=False) as operation:
        await kube.create(WIDGET, widget("w"))
        await until(lambda: ready(kube, 1))
        assert operation.working
    assert kube.objects(LEASE) == ()


async def test_asked_to_end_while_waiting_for_the_lease_it_ends_at_once() -> None:
    kube = MemoryKube()
    await World(kube, "other").lease.acquire()
    world = World(kube)
    async with world.running():
        await asyncio.sleep(0.05)
    assert (await kube.get(LEASE, KEY)).spec["holderIdentity"] == "other"


async def test_own_writes_are_seen_before_their_echo() -> None:
    kube = MemoryKube()
    world = World(kube)
    made = await world.kube.create(WIDGET, widget("w"))
    assert world.cache.get(made.key) == made
    held = await world.kube.set_finalizers(made, ["test.hardpan.dev/held"])
    await world.kube.delete(held)
    await world.kube.set_finalizers(await world.kube.get(WIDGET, made.key), [])
    assert world.cache.get(made.key) is None


async def test_who_stands_by_is_alive_however_long_and_takes_over_with_nothing_old() -> None:
    kube = MemoryKube()
    first, second = World(kube, "first"), World(kube, "second")
    async with first.running():
        await until(lambda: first.lease.leading)
        async with second.running() as standby:
            await until(lambda: standby.ready)
            await kube.create(WIDGET, widget("one"))
            await until(lambda: ready(kube, 1))
            assert (len(second.controller.queue), second.controller.queue.stalled_seconds) == (0, 0.0)
            first.stop.set()
            await until(lambda: "ended one" in second.log)


async def test_a_process_whose_list_takes_longer_than_its_lease_lasts_leads_all_the_same() -> None:
    kube = MemoryKube()
    await kube.create(WIDGET, widget("w"))
    world = World(kube)
    plain = kube.list

    async def slow(resource: Resource, **options: object) -> object:
        if world.lease.leading:
            await asyncio.sleep(2 * TIMES.duration)
        return await plain(resource, **options)  # type: ignore[arg-type]

    kube.list = slow  # type: ignore[method-assign, assignment]
    async with world.running() as operation:
        await until(lambda: world.lease.leading)
        assert not operation.working
        await until(lambda: ready(kube, 1), 4 * TIMES.duration)
        assert operation.working


async def test_a_lease_that_is_lost_while_everything_is_listed_anew_ends_the_process() -> None:
    kube = MemoryKube()
    world = World(kube)
    plain = kube.list

    async def never(resource: Resource, **options: object) -> object:
        await asyncio.sleep(3600 if world.lease.leading else 0)
        return await plain(resource, **options)  # type: ignore[arg-type]

    kube.list = never  # type: ignore[method-assign, assignment]
    operation = world.operation()
    task = asyncio.create_task(operation.run())
    await until(lambda: world.lease.leading)
    await kube.delete(await kube.get(LEASE, KEY))
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(task, 5)
    assert world.log == []


async def test_who_stands_by_finds_by_lists_what_its_watch_does_not_tell() -> None:
    kube = MemoryKube()
    first, second = World(kube, "first"), World(kube, "second")
    second.source, second.resync_times = Deaf(), ResyncTimes(period=0.05, settle=0.01, appear=0.05)
    async with first.running():
        await until(lambda: first.lease.leading)
        async with second.running() as standby:
            await until(lambda: standby.ready)
            await kube.create(WIDGET, widget("unheard"))
            await until(lambda: len(second.cache) == 1)
            assert (standby.working, len(second.controller.queue)) == (False, 0)
