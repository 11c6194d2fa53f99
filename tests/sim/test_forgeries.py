"""Every forgery of a captured control plane, one after the other, at a node that runs what users signed.

The node does nothing at them, and they do not stand in the way of what users sign afterwards.
"""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.sim import invariants
from tests.sim.forger import FORGERIES, Forger, old_revision
from tests.sim.people import Wish
from tests.sim.test_thin import WEB, settled
from tests.sim.trial import simulate
from tests.sim.world import World

SECONDS_EACH = 10.0


@pytest.mark.timeout(400)
def test_whatever_a_captured_control_plane_forges_the_node_does_nothing() -> None:
    async def play(world: World) -> None:
        await asyncio.sleep(20)
        for memory in ("256Mi", "512Mi"):
            await world.apply(Wish("a", "web", replicas=1, memory=memory))
            await settled(world)
        world.quiet_since = asyncio.get_running_loop().time()
        forger = Forger(world, random.Random("forgeries"))
        for forgery in FORGERIES:
            await forger.place(forgery, WEB, 1 if forgery is old_revision else 2, world.nodes[0])
            await asyncio.sleep(SECONDS_EACH)
        still = {"still": invariants.WHEN_QUIET["still"]}
        assert invariants.broken(world, invariants.ALWAYS | still) == []
        world.quiet_since = float("inf")
        await world.apply(Wish("a", "web", replicas=1, memory="128Mi"))
        await settled(world)

    world = simulate("forgeries", play)
    assert invariants.broken(world, invariants.ALWAYS) == []
