"""The real processes run in virtual time: a signed deployment comes up, is changed, and goes without a trace."""

from __future__ import annotations

import asyncio

from controllers.loop.conditions import is_true
from controllers.loop.objects import ObjectKey
from tests.sim.people import Wish
from tests.sim.trial import simulate
from tests.sim.world import World

WEB = ObjectKey("a", "web")


async def settled(world: World, seconds: float = 300.0) -> None:
    """Waits until `web` is Ready at the revision that was applied last."""
    async with asyncio.timeout(seconds):
        while not is_ready(world):
            await asyncio.sleep(1.0)


def is_ready(world: World) -> bool:
    found = world.find(WEB)
    accepted = (found.status.get("accepted") or {}).get("revision") if found else None
    return found is not None and accepted == world.revisions[WEB] and is_true(found.status, "Ready")


def test_a_signed_deployment_comes_up_grows_shrinks_and_goes_without_a_trace() -> None:
    async def play(world: World) -> None:
        await asyncio.sleep(20)
        for replicas in (2, 3, 1):
            await world.apply(Wish("a", "web", replicas=replicas))
            await settled(world)
            await asyncio.sleep(60)
            assert len(world.nodes[0].host.running) == replicas
        await world.delete(WEB)
        await asyncio.sleep(120)
        assert world.find(WEB) is None
        assert world.nodes[0].host.machines == {}
        assert world.nodes[0].host.volumes == {}

    world = simulate("thin", play)
    assert sum(1 for each in world.history.entries if each.what == "sal.start") == 3
