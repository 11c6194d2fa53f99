"""How many nodes at a time go to another boot image, when the next one's turn is, and when none goes any more. Pure.

The brake is the one of machines: so many at once, the next when one is whole again, none after a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from cli.seen import Seen, seen

WAITS = frozenset({"Ordered", "Upgrading"})


class Stage(Enum):
    """Where a node is."""

    DONE = "done"
    UNDER_WAY = "under way"
    FAILED = "failed"


@dataclass(frozen=True)
class Upgrade:
    """A node: whether it was asked, the time of that, and how many of its machines ran before."""

    node: str
    asked: str = ""
    machines: int = 0


@dataclass(frozen=True)
class Standing:
    """How a node is with what it was asked: `sentence` for people."""

    stage: Stage
    sentence: str


def standing(upgrade: Upgrade, node: Mapping[str, Any], running: int) -> Standing:
    """How a node stands; `running` are its machines that run now."""
    it = seen("node", node)
    said = it.condition("UpToDate")
    order = it.spec.get("image") or {}
    if order.get("asked") != upgrade.asked:
        return Standing(Stage.FAILED, "somebody else asked it to run another image meanwhile")
    if said is None or it.stale or said.reason in WAITS:
        return Standing(Stage.UNDER_WAY, said.message if said and said.reason == "Upgrading" else "asked")
    if said.status != "True":
        return Standing(Stage.FAILED, f"{said.reason}: {said.message}")
    return _whole(it, upgrade, running)


def _whole(it: Seen, upgrade: Upgrade, running: int) -> Standing:
    """The new image runs; the next node waits until this one carries again what it carried."""
    ready = it.condition("Ready")
    if ready is None or ready.status != "True":
        return Standing(Stage.UNDER_WAY, "it runs the new image, and is not Ready yet")
    if running < upgrade.machines:
        return Standing(Stage.UNDER_WAY, f"{running} of {upgrade.machines} machines run again")
    machines = f", {running} machines run" if running else ""
    return Standing(Stage.DONE, f"is up to date{machines}")


def next_nodes(waiting: Sequence[str], stages: Iterable[Stage], at_once: int) -> tuple[str, ...]:
    """Whom to ask now; nobody once one has failed."""
    found = tuple(stages)
    if Stage.FAILED in found:
        return ()
    return tuple(waiting[: max(0, at_once - found.count(Stage.UNDER_WAY))])


def running_on(node: str, machines: Iterable[Mapping[str, Any]]) -> int:
    """How many machines run on a node."""
    found = (seen("machine", each) for each in machines)
    return sum(1 for each in found if each.spec.get("node") == node and _runs(each))


def _runs(machine: Seen) -> bool:
    said = machine.condition("Ready")
    return said is not None and said.status == "True"
