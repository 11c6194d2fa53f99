"""I7: an old revision never returns where a newer was seen: neither on a node, nor in a mark."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.invariants.scan import started
from tests.sim.world import World


def check(world: World) -> Iterator[str]:
    """A sentence for each violation."""
    yield from _on_nodes(world)
    yield from _in_marks(world)


def _on_nodes(world: World) -> Iterator[str]:
    floors: dict[tuple[str, str], int] = {}
    for entry in world.history.entries:
        subject = world.truth.subjects.get(entry.subject)
        if entry.what != "sal.start" or subject is None:
            continue
        place = (entry.who, entry.subject)
        floor, revisions = floors.get(place, 0), world.truth.revisions_with(subject, started(entry))
        fitting = [each for each in revisions if each >= floor]
        if revisions and not fitting:
            yield f"{entry.at:.3f}: {entry.who} started {subject} as of revision {revisions[-1]}, it ran {floor} before"
        elif fitting:
            floors[place] = fitting[0]


def _in_marks(world: World) -> Iterator[str]:
    highest: dict[str, int] = {}
    for entry in world.history.entries:
        revision = entry.details.get("mark")
        if revision is None:
            continue
        if revision < highest.get(entry.subject, 0):
            yield f"{entry.at:.3f}: {entry.subject} went back from revision {highest[entry.subject]} to {revision}"
        highest[entry.subject] = revision
