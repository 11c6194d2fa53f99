"""The play of a random seed: users act, faults strike; then all is healed, looked at, removed, looked at again."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from tests.sim import invariants
from tests.sim.crashes import Crashes
from tests.sim.drains import tend
from tests.sim.faults import Trouble
from tests.sim.forger import Forger, harass
from tests.sim.invariants import still
from tests.sim.script import NAMES, Users
from tests.sim.trial import simulate
from tests.sim.world import World

SETTLE_SECONDS = 1500.0
CALM_SECONDS = 30.0
QUIET_SECONDS = 400.0
TIDY_SECONDS = 75.0
CALMS = (5.0, 15.0, 45.0, 120.0)
"""Seconds. In the quiet stretch everything is looked at anew; a node tidies up each minute. A seed draws for how long,
on average, nothing happens between two things that do."""


@dataclass(frozen=True)
class Result:
    """What became of a seed."""

    seed: int
    world: World
    violations: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """How long it lasted, in virtual time."""
        return self.world.history.entries[-1].at


class Storm:
    """One random play."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"storm/{seed}")
        self.nodes = self._random.choice([1, 2, 2, 3])
        self.captured = self._random.random() < 0.4
        self._forging = random.Random(f"forger/{seed}")
        self._draining = random.Random(f"drains/{seed}")
        self.violations: list[str] = []

    async def play(self, world: World) -> None:
        """From the first boot to the last removal."""
        world.crash = Crashes(world.history)
        trouble = Trouble(world, random.Random(f"{self._random.random()}"))
        users = Users(world, random.Random(f"{self._random.random()}"))
        forging = asyncio.create_task(harass(Forger(world, self._forging), self._forging)) if self.captured else None
        drains = len(world.nodes) > 1 and self._draining.random() < 0.4
        tending = asyncio.create_task(tend(world, self._draining)) if drains else None
        await self._rage(users, trouble)
        if forging is not None:
            forging.cancel()
        trouble.heal()
        world.crash.armed.clear()
        if tending is not None:
            tending.cancel()
            await tending
        world.history.note("play", "healed", "")
        await users.mend()
        # A deployment that waited for a node says why until it hears that there is one again: that is not calm yet.
        await asyncio.sleep(CALM_SECONDS)
        await self._settle(world, "I3 converges")
        world.quiet_since = _now()
        world.history.note("play", "quiet", "")
        await asyncio.sleep(QUIET_SECONDS)
        self.violations += invariants.broken(world, invariants.WHEN_QUIET)
        world.quiet_since = float("inf")
        await self._remove_all(world)

    async def _rage(self, users: Users, trouble: Trouble) -> None:
        source = self._random
        calm = source.choice(CALMS)
        await asyncio.sleep(source.uniform(0.0, 20.0))
        for _ in range(source.randint(4, 16)):
            await users.act()
            for _ in range(source.choice([0, 0, 1, 1, 2, 4])):
                await asyncio.sleep(source.expovariate(1 / calm))
                trouble.strike()
            await asyncio.sleep(source.expovariate(1 / calm))

    async def _settle(self, world: World, what: str) -> None:
        """Waits until nothing is left to say and nothing was done for a while, at most SETTLE_SECONDS."""
        check = {what: invariants.WHEN_QUIET[what]}
        for _ in range(int(SETTLE_SECONDS / 5)):
            if not invariants.broken(world, check) and not still.since(world, _now() - CALM_SECONDS):
                return
            await asyncio.sleep(5.0)

    async def _remove_all(self, world: World) -> None:
        for key in NAMES:
            await world.delete(key)
        await self._settle(world, "I5 no trace")
        await asyncio.sleep(TIDY_SECONDS)
        checks = {name: invariants.WHEN_QUIET[name] for name in ("I3 converges", "I5 no trace", "I11 bounded")}
        self.violations += invariants.broken(world, checks)


def _now() -> float:
    return asyncio.get_running_loop().time()


def run_seed(seed: int) -> Result:
    """Plays a seed and looks at every invariant."""
    storm = Storm(seed)
    world = simulate(str(seed), storm.play, storm.nodes)
    found = [*invariants.broken(world, invariants.ALWAYS), *storm.violations]
    return Result(seed, world, tuple(found))
