"""An operator who drains nodes and gives them back, drawn from the seed. Of one alone nothing can move, so it stays."""

from __future__ import annotations

import asyncio
import random

from tests.sim.world import World

PAUSES = (20.0, 120.0, 400.0)
TERMS = (1.0, 30.0, 300.0)


async def tend(world: World, source: random.Random) -> None:
    """Drains one node at a time, until cancelled; then every node may work again."""
    drained = source.choice(world.nodes)
    try:
        while True:
            await asyncio.sleep(source.choice(PAUSES) * source.uniform(0.5, 1.5))
            drained = source.choice(world.nodes)
            await world.drain(drained, True)
            await asyncio.sleep(source.choice(TERMS) * source.uniform(0.5, 1.5))
            await world.drain(drained, False)
    except asyncio.CancelledError:
        await world.drain(drained, False)
