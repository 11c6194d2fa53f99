"""When everything is as described and nobody asks for anything, nothing is done to any host but tidying."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from tests.sim.history import Entry
from tests.sim.invariants.i3_converges import waits_for_people
from tests.sim.world import DEPLOYMENTS, World

TIDYING = ("sal.empty", "sal.unimage")


def check(world: World) -> Iterator[str]:
    """A sentence for each effect in the quiet time."""
    tried = {seen.key for seen in world.api.objects(DEPLOYMENTS) if waits_for_people(world, seen)}
    for entry in since(world, world.quiet_since):
        subject = world.truth.subjects.get(entry.subject)
        # What can come up of it comes up, as often as it is tried.
        if subject is not None and subject.deployment in tried:
            continue
        yield f"{entry.at:.3f}: {entry.who} did {entry.what} to {entry.subject}, and nobody had asked for anything"


def since(world: World, moment: float) -> list[Entry]:
    """The effects after a moment, tidying aside."""
    late = takewhile(lambda entry: entry.at > moment, reversed(world.history.entries))
    return [each for each in late if each.what.startswith("sal.") and each.what not in TIDYING]
