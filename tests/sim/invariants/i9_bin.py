"""I9: what a volume holds goes only as users signed it: into the bin, and out of it after its term."""

from __future__ import annotations

from collections.abc import Iterator

from crds.workload import VolumeItem
from tests.sim.truth import Subject
from tests.sim.world import World

DAY_SECONDS = 86_400.0


def check(world: World) -> Iterator[str]:
    """A sentence for each volume that was destroyed though nobody said so, or too early."""
    binned: dict[str, float] = {}
    for entry in world.history.entries:
        name = entry.subject.rpartition(".")[0] if entry.what == "sal.empty" else entry.subject
        subject = world.truth.subjects.get(name)
        if subject is None or not entry.what.startswith("sal."):
            continue
        items = _items(world, subject)
        if entry.what == "sal.bin":
            binned[name] = entry.at
        elif entry.what == "sal.destroy" and all(each.on_delete != "destroy" for each in items):
            yield f"{entry.at:.3f}: {entry.who} destroyed {subject}, which was to wait in the bin"
        elif entry.what == "sal.empty" and entry.at - binned[name] < min(i.bin_days for i in items) * DAY_SECONDS:
            yield f"{entry.at:.3f}: {entry.who} emptied the bin of {subject} after {entry.at - binned[name]:.0f} s"


def _items(world: World, subject: Subject) -> list[VolumeItem]:
    """All that users ever signed of a volume."""
    plans = world.truth.signed[subject.deployment].values()
    found = [plan.find(f"{subject.kind}/{subject.name}") for plan in plans]
    return [each.item for each in found if each is not None and isinstance(each.item, VolumeItem)]
