"""The API server in memory keeps the contract of the real one, counts writes and tells its watchers."""

from __future__ import annotations

import asyncio

import pytest

from controllers.loop.errors import Conflict, KubeError, Refused, Unavailable
from controllers.loop.informer import WatchEvent
from controllers.loop.objects import NAMESPACE, ObjectKey, Resource
from controllers.loop.testing import MemoryKube, MemorySource, Write
from tests.unit.controllers.loop.kube_contract import FINALIZER, WIDGET, KubeContract, widget


@pytest.fixture
def kube() -> MemoryKube:
    return MemoryKube()


class TestMemoryKube(KubeContract):
    """Every test of the contract."""


async def test_writes_are_recorded_in_order_and_idle_ones_are_not(kube: MemoryKube) -> None:
    made = await kube.create(WIDGET, widget("w"))
    told = await kube.apply_status(made, {"phase": "Ready"}, "one")
    await kube.apply_status(told, {"phase": "Ready"}, "one")
    await kube.delete(told)
    key = ObjectKey("default", "w")
    assert kube.writes == [Write(verb, WIDGET, key) for verb in ("create", "status", "delete")]


async def test_watchers_hear_of_each_change_with_the_object_as_it_then_was(kube: MemoryKube) -> None:
    heard: list[WatchEvent] = []
    kube.listen(heard.append)
    made = await kube.create(WIDGET, widget("w"))
    changed = await kube.patch(made, {"spec": {"size": 2}})
    await kube.delete(changed)
    await asyncio.sleep(0)
    assert [(each.type, each.object.spec["size"]) for each in heard] == [("ADDED", 1), ("MODIFIED", 2), ("DELETED", 2)]
    versions = [int(each.object.resource_version) for each in heard]
    assert versions == sorted(set(versions))


async def test_a_deaf_watch_is_never_told_what_went_meanwhile(kube: MemoryKube) -> None:
    heard: list[WatchEvent] = []
    source = MemorySource(kube)
    stop = asyncio.Event()
    running = asyncio.create_task(source.run([WIDGET], heard.append, stop))
    await asyncio.sleep(0)
    made = [await kube.create(WIDGET, widget(name)) for name in ("gone", "stays")]
    await asyncio.sleep(0)
    source.deaf = True
    await kube.delete(made[0])
    await asyncio.sleep(0)
    source.hear_again()
    stop.set()
    await running
    assert [(each.type, each.object.name) for each in heard] == [
        ("ADDED", "gone"),
        ("ADDED", "stays"),
        ("LISTED", "stays"),
    ]


async def test_an_interruption_comes_before_the_write(kube: MemoryKube) -> None:
    def outage(verb: str, resource: Resource, key: ObjectKey) -> None:
        if verb == "patch":
            raise Unavailable(f"{verb} {resource} {key}")

    made = await kube.create(WIDGET, widget("w"))
    kube.interrupt = outage
    with pytest.raises(KubeError):
        await kube.patch(made, {"spec": {"size": 2}})
    assert (await kube.get(WIDGET, made.key)).spec["size"] == 1


async def test_a_terminating_namespace_takes_no_new_object(kube: MemoryKube) -> None:
    namespace = await kube.create(NAMESPACE, {"metadata": {"name": "tenant-a", "finalizers": [FINALIZER]}})
    await kube.create(WIDGET, widget("before", "tenant-a"))
    await kube.delete(namespace)
    with pytest.raises(Refused, match="terminated"):
        await kube.create(WIDGET, widget("after", "tenant-a"))


async def test_what_a_test_holds_cannot_change_what_is_stored(kube: MemoryKube) -> None:
    made = await kube.create(WIDGET, widget("w"))
    made.raw["spec"]["size"] = 99
    assert (await kube.get(WIDGET, made.key)).spec["size"] == 1


async def test_two_writers_meet_in_a_conflict_as_on_the_real_server(kube: MemoryKube) -> None:
    made = await kube.create(WIDGET, widget("w"))
    results = await asyncio.gather(
        *(kube.patch(made, {"spec": {"size": size}}) for size in (2, 3)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in results) == [Conflict.__name__, "Object"]
