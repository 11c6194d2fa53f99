"""I1: what no user signed never reaches a SAL."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.invariants.scan import started
from tests.sim.world import World

MAKING = ("sal.start", "sal.root", "sal.create", "sal.grow", "sal.seed", "sal.port", "sal.launch")


def check(world: World) -> Iterator[str]:
    """A sentence for each violation."""
    for entry in world.history.entries:
        if entry.what not in MAKING:
            continue
        subject = world.truth.subjects.get(entry.subject)
        if subject is None:
            yield f"{entry.at:.3f}: {entry.who} did {entry.what} for {entry.subject}, which is in no signed plan"
        elif entry.what == "sal.start" and not world.truth.revisions_with(subject, started(entry)):
            yield f"{entry.at:.3f}: {entry.who} started {subject} with {started(entry)}, which nobody signed"
        elif entry.what in ("sal.create", "sal.grow"):
            size = entry.details["size"]
            if not world.truth.revisions_with(subject, (size,)):
                yield f"{entry.at:.3f}: {entry.who} made {subject} of {size} bytes, which nobody signed"
