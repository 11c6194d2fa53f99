"""Nothing is tried without pause: no object is written, and no host changed, over and over within a minute."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator

from tests.sim.world import World

WINDOW_SECONDS = 60.0
MOST_WRITES = 40
MOST_EFFECTS = 25


def check(world: World) -> Iterator[str]:
    """A sentence for each that came too often, once."""
    recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
    told: set[tuple[str, str]] = set()
    for entry in world.history.entries:
        if entry.what != "modified" and not entry.what.startswith("sal."):
            continue
        key = (entry.who, entry.subject)
        times = recent[key]
        times.append(entry.at)
        while times[0] < entry.at - WINDOW_SECONDS:
            times.popleft()
        most = MOST_WRITES if entry.what == "modified" else MOST_EFFECTS
        if len(times) > most and key not in told:
            told.add(key)
            yield f"{entry.at:.3f}: {entry.what} {entry.subject} {len(times)} times within a minute"
