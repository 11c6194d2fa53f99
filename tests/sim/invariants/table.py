"""A node never notes of a machine that it runs as described while it still runs as it was before."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.world import World


def check(world: World) -> Iterator[str]:
    """A sentence for each untrue line of a table."""
    for entry in world.history.entries:
        if entry.what == "untrue":
            machine = world.truth.subjects.get(entry.subject, entry.subject)
            yield f"{entry.at:.3f}: {entry.who} notes that {machine} runs as described; it runs as it was before"
