"""One simulation from beginning to end, by its seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.sim.logs import heard
from tests.sim.loop import run
from tests.sim.seams import simulated
from tests.sim.world import World, folder

Play = Callable[[World], Awaitable[None]]


def simulate(seed: str, play: Play, nodes: int = 1) -> World:
    """Builds the world of a seed, begins it, and lets `play` happen in it. The world is dead when it is returned."""
    with folder() as where, simulated():
        world: World = run(_live(seed, play, Path(where), nodes))
        return world


async def _live(seed: str, play: Play, where: Path, nodes: int) -> World:
    world = World(seed, where, nodes)
    with heard(world.history):
        try:
            await world.begin()
            await play(world)
        finally:
            world.close()
    return world
