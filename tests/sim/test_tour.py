"""One misfortune after the other, each by itself: what random seeds mix, a short play shows in seconds."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from controllers.loop.objects import ObjectKey
from tests.sim import invariants
from tests.sim.people import SUPERVISOR_NAME, Wish
from tests.sim.test_thin import WEB, settled
from tests.sim.trial import simulate
from tests.sim.world import World

DB = ObjectKey("a", "db")
LONGEST_SECONDS = 900
QUIET = {name: invariants.WHEN_QUIET[name] for name in ("I3 converges", "I5 no trace", "I11 bounded")}


@asynccontextmanager
async def misfortune(world: World, name: str) -> AsyncIterator[None]:
    """What happens within harms nobody: by and by all is again as described."""
    world.history.note("play", "misfortune", name)
    yield
    for _ in range(LONGEST_SECONDS // 5):
        await asyncio.sleep(5.0)
        if not (broken := invariants.broken(world, QUIET)):
            return
    raise AssertionError(f"after {name}: {broken}")


async def until(holds: Callable[[], object]) -> None:
    """Waits for it, looking often."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.05)


def in_hand(world: World) -> bool:
    """Whether a runner has a job now."""
    return any(record.state == "leased" for queue in world.redis._queues.values() for record in queue.index.values())


async def play(world: World) -> None:
    wish = Wish("a", "web", replicas=2)
    await asyncio.sleep(20)
    await world.apply(wish)
    await settled(world)
    async with misfortune(world, "an edit that nobody may accept"):
        await world.spoil(WEB, world.user.sign(Wish("a", "web", replicas=5, memory="1Gi"), 2, key="mallory"))
        await asyncio.sleep(10)
    await world.apply(wish)
    await settled(world)
    async with misfortune(world, "guests end by themselves"):
        for number, node in enumerate(world.nodes):
            for name in node.host.running:
                node.host.end_guest(name, crashed=bool(number))
    async with misfortune(world, "the queue loses everything while a job is on its way"):
        world.nodes[0].cut = world.nodes[1].cut = True
        await world.apply(Wish("a", "web", replicas=3))
        await until(lambda: any(world.redis.in_flight(node.id) for node in world.nodes))
        world.redis.flush()
        world.nodes[0].cut = world.nodes[1].cut = False
    async with misfortune(world, "nothing that is done on hosts succeeds"):
        world.weather.sal_failing = 1.0
        await world.apply(Wish("a", "web", replicas=3, cpus=2))
        await asyncio.sleep(120)
        world.weather.sal_failing = 0.0
    await world.apply(Wish("a", "db", replicas=1))
    async with misfortune(world, "a deployment vanishes, finalizers and all, while nobody watches"):
        await asyncio.sleep(20)
        watches = world.controllers[f"supervisor-{SUPERVISOR_NAME}"].watches
        assert watches is not None
        watches.drop(10.0)
        await world.delete(DB)
        held = world.find(DB)
        assert held is not None
        await world.api.set_finalizers(held, [])
    await world.apply(Wish("a", "db", replicas=1, image="b"))
    async with misfortune(world, "the queue goes back to a time when a job was in hand that is gone since"):
        await until(lambda: in_hand(world))
        kept = copy.deepcopy(world.redis._queues)
        await asyncio.sleep(20)
        await world.delete(DB)
        await until(lambda: world.find(DB) is None)
        world.redis._queues = kept
    async with misfortune(world, "nothing can be removed"):
        world.weather.sal_failing = 1.0
        await world.delete(WEB)
        await asyncio.sleep(120)
        world.weather.sal_failing = 0.0
    async with misfortune(world, "the same name comes again"):
        await world.apply(wish)
        await settled(world)
    async with misfortune(world, "the control plane's clock goes back between a removal and the same name"):
        await world.delete(WEB)
        await until(lambda: world.find(WEB) is None)
        world.clock.offset = timedelta(seconds=-400)
        await world.apply(wish)
        await asyncio.sleep(120)
        world.clock.offset = timedelta()


@pytest.mark.timeout(400)
def test_no_misfortune_by_itself_harms_anybody() -> None:
    world = simulate("tour", play, nodes=2)
    assert invariants.broken(world, invariants.ALWAYS) == []
