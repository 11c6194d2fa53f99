"""I9, I12: what runs is stopped or taken away only because its users asked for another thing.

Neither a bad edit, nor a control plane that is away or confused, nor a lost message is such a reason; but a machine
that has no volume moves from a node that an operator drains.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.invariants.scan import along
from tests.sim.world import World

ON_ITS_WAY = 600.0
"""Seconds for which what was placed there before the drain may still come up, to go again."""


def check(world: World) -> Iterator[str]:
    """A sentence for each violation."""
    truth = world.truth
    for entry, hosts in along(world.history.entries):
        place, subject = hosts.at(entry.who), truth.subjects.get(entry.subject)
        if subject is None:
            continue
        if entry.what == "sal.stop" and entry.subject in place.running:
            values = place.running[entry.subject]
            if not place.drives[entry.subject] and place.drained > place.made.get(entry.subject, 0.0) - ON_ITS_WAY:
                continue
        elif entry.what in ("sal.bin", "sal.destroy") and entry.subject in place.volumes:
            values = (place.volumes[entry.subject],)
            if any(entry.subject in place.drives[name] for name in place.running):
                yield f"{entry.at:.3f}: {entry.who} took {subject} away from a machine that runs"
        else:
            continue
        revisions = truth.revisions_with(subject, values)
        made = place.made.get(entry.subject, 0.0)
        if revisions and not any(truth.may_change(subject, each, made, entry.at) for each in revisions):
            yield f"{entry.at:.3f}: {entry.who} did {entry.what} to {subject}, and nobody had asked for that"
