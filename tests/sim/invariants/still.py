"""When everything is as described and nobody asks for anything, nothing is done to any host but tidying."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.world import World

TIDYING = ("sal.empty", "sal.unimage")


def check(world: World) -> Iterator[str]:
    """A sentence for each effect in the quiet time."""
    for entry in world.history.entries:
        if entry.at > world.quiet_since and entry.what.startswith("sal.") and entry.what not in TIDYING:
            yield f"{entry.at:.3f}: {entry.who} did {entry.what} to {entry.subject}, and nobody had asked for anything"
