"""I6: an effect happens once, whatever is killed when."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.invariants.scan import along
from tests.sim.world import World


def check(world: World) -> Iterator[str]:
    """A sentence for each violation."""
    for entry, hosts in along(world.history.entries):
        place, subject = hosts.at(entry.who), world.truth.subjects.get(entry.subject, entry.subject)
        if entry.what == "sal.start" and entry.subject in place.running:
            yield f"{entry.at:.3f}: {entry.who} started {subject} while it ran"
        if entry.what == "sal.start" and place.stopped.get(entry.subject) == entry.details["launch"]:
            yield f"{entry.at:.3f}: {entry.who} stopped {subject} and started it again as it was"
        if entry.what == "sal.create" and entry.subject in place.binned:
            yield f"{entry.at:.3f}: {entry.who} made {subject} empty, while its content is in the bin"
        if entry.what == "sal.create" and entry.subject in place.volumes:
            yield f"{entry.at:.3f}: {entry.who} made {subject} anew over the one that was there"
        if entry.what == "sal.root" and entry.details["again"]:
            yield f"{entry.at:.3f}: {entry.who} made the root disk of {subject} anew over the one that was there"
