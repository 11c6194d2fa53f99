"""I9: a change takes no more running machines of a deployment in hand at a time than users signed: `maxUnavailable`."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import takewhile

from controllers.loop.objects import ObjectKey
from controllers.supervisor.caches import MACHINES
from tests.sim.history import Entry
from tests.sim.invariants.scan import along
from tests.sim.truth import Subject
from tests.sim.world import World

RECENT_SECONDS = 600.0
# A supervisor decides on what nodes told it, and writes their statuses in the same breath, after the change.
BREATH_SECONDS = 0.1


def check(world: World) -> Iterator[str]:
    """A sentence for each change too many. A deployment of which something was down lately may be changed at once."""
    subjects = {f"{MACHINES} {s.deployment.namespace}/{s.name}": name for name, s in world.truth.subjects.items()}
    in_hand: dict[ObjectKey, set[str]] = defaultdict(set)
    generations: dict[str, int] = {}
    homes: dict[str, str] = {}
    disturbed: dict[ObjectKey, float] = defaultdict(lambda: float("-inf"))
    for entry, hosts in along(world.history.entries):
        if entry.what == "sal.start":
            homes[entry.subject] = entry.who
        for each in _went_down(entry, homes):
            disturbed[world.truth.subjects[each].deployment] = entry.at
        name = subjects.get(entry.subject, entry.subject)
        subject = world.truth.subjects.get(name)
        if subject is None:
            continue
        changing = in_hand[subject.deployment]
        if entry.what == "sal.start" or _is_as_described(entry, generations.get(name)) or entry.what == "deleted":
            changing.discard(name)
        if entry.subject in subjects:
            newer = entry.what == "modified" and entry.details["generation"] > generations.get(name, 1 << 60)
            generations[name] = entry.details["generation"]
            runs = any(name in each.running for each in hosts.nodes.values())
            # The status is still that from before: what was never told to run may be changed at once.
            told = entry.details.get("ready") in ("True", "Unknown")
            if newer and runs and told and not entry.details.get("deleting"):
                changing.add(name)
                wanted = [each for each in changing if _is_wanted(world, world.truth.subjects[each], entry.at)]
                wanted = [each for each in wanted if not _was_done(world, entry.at, each, generations[each])]
                if len(wanted) > _allowed(world, subject) and entry.at - disturbed[subject.deployment] > RECENT_SECONDS:
                    yield f"{entry.at:.3f}: {subject} is changed while {len(wanted) - 1} other of it are"


def _went_down(entry: Entry, homes: dict[str, str]) -> list[str]:
    """The machines that a misfortune hits."""
    if entry.what == "guest ended":
        return [entry.subject]
    return [name for name, node in homes.items() if node == entry.who] if entry.what == "power lost" else []


def _is_as_described(entry: Entry, generation: int | None) -> bool:
    """Whether a status says that the newest change is done, which may need no start.

    What was changed shows the status from before until there is another: that one is of an older generation.
    """
    details = entry.details
    return entry.what == "modified" and details.get("ready") == "True" and details.get("observed") == generation


def _was_done(world: World, at: float, host_name: str, generation: int) -> bool:
    """Whether the status that follows at once says that a machine had come to its newest change without a start."""
    entries, subject = world.history.entries, world.truth.subjects[host_name]
    shown = f"{MACHINES} {subject.deployment.namespace}/{subject.name}"
    first = bisect_left(entries, at, key=lambda each: each.at)
    for entry in takewhile(lambda each: each.at <= at + BREATH_SECONDS, entries[first:]):
        if entry.what == "sal.start" and entry.subject == host_name:
            return False
        if entry.subject == shown and _is_as_described(entry, generation):
            return True
    return False


def _is_wanted(world: World, subject: Subject, at: float) -> bool:
    """Whether the newest revision has it; what only waits to be removed is in nobody's turn."""
    deployment = subject.deployment
    newest = max(revision for when, revision in world.truth.applied[deployment] if when <= at)
    return world.truth.signed[deployment][newest].find(f"{subject.kind}/{subject.name}") is not None


def _allowed(world: World, subject: Subject) -> int:
    """The most that users ever signed of this deployment."""
    return max(wish.max_unavailable for (key, _), wish in world.wishes.items() if key == subject.deployment)
