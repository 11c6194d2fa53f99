"""I7: nothing of a revision is ordered before its mark is durable: the guard must hold whoever dies next."""

from __future__ import annotations

from collections.abc import Iterator

from controllers.supervisor.caches import JOBS, MARKS
from tests.sim.world import World


def check(world: World) -> Iterator[str]:
    """A sentence for each job of a revision that no mark has reached."""
    names = {str(each): (each.spec["namespace"], each.spec["name"]) for each in world.api.objects(MARKS)}
    marked: dict[tuple[str, str], int] = {}
    for entry in world.history.entries:
        if entry.who != "api":
            continue
        if "mark" in entry.details:
            place = names[entry.subject]
            marked[place] = max(marked.get(place, 0), entry.details["mark"])
        elif entry.what == "added" and "ordered" in entry.details and entry.subject.startswith(f"{JOBS} "):
            place = (entry.subject.removeprefix(f"{JOBS} ").split("/")[0], entry.details["deployment"])
            if marked.get(place, 0) < entry.details["ordered"]:
                yield f"{entry.at:.3f}: {entry.subject} orders revision {entry.details['ordered']}, which has no mark"
