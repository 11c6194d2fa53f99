"""I2: no resource is on two nodes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.invariants.scan import along
from tests.sim.world import World


def check(world: World) -> Iterator[str]:
    """A sentence for each violation."""
    for entry, hosts in along(world.history.entries):
        others = [place for node, place in hosts.nodes.items() if node != entry.who]
        if entry.what == "sal.start" and any(entry.subject in each.running for each in others):
            yield f"{entry.at:.3f}: {entry.who} started {world.truth.subjects[entry.subject]}, which runs elsewhere"
        if entry.what == "sal.create" and any(entry.subject in each.volumes for each in others):
            yield f"{entry.at:.3f}: {entry.who} made {world.truth.subjects[entry.subject]}, which is elsewhere"
