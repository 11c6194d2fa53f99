"""A reference run, again and again: once for each write of each process, which dies right before or right after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from controllers.loop.conditions import is_true
from controllers.loop.objects import ObjectKey
from tests.sim import invariants
from tests.sim.alone import leave_alone
from tests.sim.crashes import Crashes
from tests.sim.people import Wish
from tests.sim.trial import simulate
from tests.sim.world import World

WEB = ObjectKey("a", "web")
LONGEST_SECONDS = 900.0
REST_SECONDS = 90.0
"""Longer than the lease of a leader that died, so that what it left has been seen to."""
RENEWAL = "patch leases.coordination.k8s.io"


@dataclass(frozen=True)
class Boundary:
    """The n-th boundary of a process, and what it is. `alone`: the node of a dead executor is cut off meanwhile."""

    process: str
    number: int
    what: str
    alone: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a reference run in which a process died at a boundary."""

    boundary: Boundary | None
    world: World
    violations: tuple[str, ...]


class Reference:
    """Two machines with a volume each are deployed, changed, grown by one, and deleted."""

    def __init__(self, boundary: Boundary | None) -> None:
        self._boundary = boundary
        self.violations: list[str] = []

    async def play(self, world: World) -> None:
        """The whole run."""
        world.crash = crashes = Crashes(world.history)
        if self._boundary is not None:
            crashes.arm(self._boundary.process, self._boundary.number)
            if self._boundary.alone:
                leave_alone(world)
        await asyncio.sleep(5)
        wish = Wish("a", "web", replicas=2)
        for changed in (wish, Wish("a", "web", replicas=2, memory="512Mi"), Wish("a", "web", replicas=3, size="2Gi")):
            await world.apply(changed)
            await self._until(world, f"revision {world.revisions[WEB]} is Ready", lambda: _ready(world))
        await asyncio.sleep(REST_SECONDS)
        self.violations += invariants.broken(world, invariants.WHEN_QUIET)
        await world.delete(WEB)
        await self._until(world, "the deployment is gone", lambda: world.find(WEB) is None)
        await asyncio.sleep(REST_SECONDS)
        self.violations += invariants.broken(world, invariants.WHEN_QUIET)

    async def _until(self, world: World, what: str, holds: object) -> None:
        for _ in range(int(LONGEST_SECONDS)):
            if holds():  # type: ignore[operator]
                return
            await asyncio.sleep(1.0)
        self.violations.append(f"I3 converges: it never came to pass that {what}")


def _ready(world: World) -> bool:
    seen = world.find(WEB)
    accepted = (seen.status.get("accepted") or {}).get("revision") if seen else None
    return seen is not None and accepted == world.revisions[WEB] and is_true(seen.status, "Ready")


def run(boundary: Boundary | None) -> Outcome:
    """The reference run with a death at this boundary."""
    reference = Reference(boundary)
    world = simulate("reference", reference.play)
    found = [*invariants.broken(world, invariants.ALWAYS), *reference.violations]
    return Outcome(boundary, world, tuple(found))


def boundaries(undisturbed: Outcome | None = None) -> list[Boundary]:
    """All boundaries of the reference run; of the renewals of a lease, which are all alike, the first two."""
    crashes = (undisturbed or run(None)).world.crash
    assert isinstance(crashes, Crashes)
    return list(_distinct(crashes.passed))


def _distinct(passed: list[tuple[str, str]]) -> Iterator[Boundary]:
    numbers: dict[str, int] = {}
    renewals: dict[str, int] = {}
    for process, what in passed:
        numbers[process] = numbers.get(process, 0) + 1
        if RENEWAL in what:
            renewals[process] = renewals.get(process, 0) + 1
            if renewals[process] > 4:
                continue
        yield Boundary(process, numbers[process], what)
