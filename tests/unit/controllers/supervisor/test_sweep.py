"""The sweep: what nobody waits for leaves the queues, and what is open stays."""

from __future__ import annotations

from typing import Any

from controllers.loop.cache import Cache
from controllers.loop.objects import Object
from controllers.supervisor.caches import JOBS, MACHINES, Caches
from controllers.supervisor.sweep import Sweeper
from controllers.trust_source import TrustSource
from jobs.testing import MemoryControllerBroker, MemoryNodeBroker, MemoryRedis
from tests.unit.controllers.supervisor.build import node_id

NODE = node_id(0)


class World:
    """A supervisor's caches and queue; `put` fills a cache, `entry` a queue."""

    def __init__(self) -> None:
        self.redis = MemoryRedis(lambda: 0.0)
        self.broker = MemoryControllerBroker(self.redis)
        self.caches = Caches(TrustSource("sha256:" + "0" * 64))
        self.sweeper = Sweeper(self.broker, self.caches)

    def put(self, cache: Cache, uid: str, **metadata: Any) -> None:
        raw = {"metadata": {"name": uid, "namespace": "a", "uid": uid, "resourceVersion": "1", **metadata}}
        spec = {"node": NODE, "cpus": 1, "memory": 1, "disk": 1}
        cache.put(Object(cache.resource, {**raw, "spec": spec}))

    async def entry(self, uid: str) -> None:
        await self.broker.enqueue(NODE, uid, 1, b"", {})

    async def known(self) -> set[str]:
        return set(await self.broker.known(NODE))


async def test_what_is_open_stays_and_a_job_that_kubernetes_does_not_know_goes() -> None:
    world = World()
    world.put(world.caches.jobs, "uid-open")
    world.put(world.caches.machines, "uid-machine", deletionTimestamp="2026-11-24T12:00:00Z")
    for uid in ("uid-open", "uid-machine.absent", "uid-gone"):
        await world.entry(uid)
    await world.sweeper.sweep(NODE)
    assert await world.known() == {"uid-open", "uid-machine.absent"}
    assert (world.caches.jobs.resource, world.caches.machines.resource) == (JOBS, MACHINES)


async def test_a_stranger_that_a_runner_holds_is_signalled_and_goes_with_the_whole_queue_a_sweep_later() -> None:
    world = World()
    await world.entry("uid-gone")
    runner = MemoryNodeBroker(world.redis, NODE)
    claim = runner.claim(0, pending=False)
    assert claim is not None
    runner.start(claim, "boot", takeover=True)
    await world.sweeper.sweep(NODE)
    assert runner.control("0")[1] == ["uid-gone"]
    assert await world.known() == {"uid-gone"}
    await world.sweeper.sweep(NODE)
    assert await world.known() == set()


async def test_a_stranger_that_went_by_itself_costs_nobody_the_queue() -> None:
    world = World()
    await world.entry("uid-gone")
    await world.sweeper.sweep(NODE)
    world.put(world.caches.jobs, "uid-open")
    await world.entry("uid-open")
    await world.sweeper.sweep(NODE)
    await world.sweeper.sweep(NODE)
    assert await world.known() == {"uid-open"}
