"""No process meets an error that nobody foresaw: what the logs call a failure is a bug, unless the queue is away."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.world import World


def check(world: World) -> Iterator[str]:
    """A sentence for each."""
    for entry in world.history.entries:
        if entry.what == "error":
            yield f"{entry.at:.3f}: {entry.who}: {entry.subject}"
