"""Why a volume that somebody deleted is still there: a machine has it, or is about to. Pure."""

from __future__ import annotations

from controllers.supervisor.model import Placed, Snapshot


def in_use(placed: Placed, snapshot: Snapshot) -> str:
    """Which machine a removal waits for, with the remedy when that machine stays by itself; empty when for none."""
    machines = [each for each in snapshot.placed if each.kind == "machine" and placed.name in each.volumes]
    if placed.kind != "volume" or not placed.deleting or not machines:
        return ""
    words = f"waiting until machine {machines[0].name} no longer has it"
    wanted = snapshot.accepted is not None and all(snapshot.accepted.want(each.key) for each in (placed, machines[0]))
    if machines[0].deleting or snapshot.deleting or not wanted:
        return words
    return f"{words}: `kubectl delete machines.hardpan.dev {machines[0].name}` lets both go, and both are made anew"
