"""From the accepted plan and what is there to changes of Machine and Volume objects. Pure.

Plan order, `maxUnavailable` at a time, a failure halts, removals last and in reverse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controllers.supervisor import placement
from controllers.supervisor.actions import Create, Delete, Raise, Update
from controllers.supervisor.model import STALE, Accepted, Placed, Snapshot, Want
from controllers.supervisor.moves import moves
from crds.job import Reason
from crds.workload import MachineItem, VolumeItem


@dataclass(frozen=True)
class Rollout:
    """What changes now, what found no node, and why the rest waits (each empty when it is not for that)."""

    actions: tuple[Create | Update | Raise | Delete, ...] = ()
    unplaced: tuple[placement.Unplaced, ...] = ()
    halted: str = ""
    refused: str = ""
    taken: str = ""
    leaving: str = ""


def plan(snapshot: Snapshot) -> Rollout:
    """The object changes that are due now."""
    accepted = snapshot.accepted
    if accepted is None or snapshot.suspended:
        return Rollout()
    refused, taken = _refused(snapshot, accepted), _taken(snapshot, accepted)
    leaving = _leaving(snapshot, accepted)
    if refused or taken or leaving:
        return Rollout(refused=refused, taken=taken, leaving=leaving)
    raises = _raises(snapshot)
    if raises:
        return Rollout(tuple(raises))
    creates, unplaced = _creates(snapshot, accepted)
    halted = _halted(snapshot, accepted)
    updates = _updates(snapshot, accepted, halted=bool(halted))
    busy = bool(creates or updates) or any(not _up_to_date(snapshot, want) for want in accepted.wants)
    waiting_for_node = {name for each in unplaced for name in (each.resource,)}
    deletes = () if busy and not waiting_for_node else _deletes(snapshot, accepted)
    moving = () if creates or updates or deletes or halted else moves(snapshot, accepted)
    return Rollout((*creates, *updates, *deletes, *moving), tuple(unplaced), halted)


def teardown(snapshot: Snapshot) -> Rollout:
    """Everything goes, in reverse: machines before the volumes that they hold."""
    gone = _deletion_order(placed for placed in snapshot.placed if not placed.deleting)
    return Rollout((*_raises(snapshot), *gone))


def _raises(snapshot: Snapshot) -> list[Raise]:
    """Objects that their nodes have seen further on; a node says so in its report, or refuses what is ordered."""
    refused = {
        (step.kind, step.name, step.epoch)
        for job in snapshot.jobs
        if job.succeeded is None and job.reason == str(Reason.REFUSED)
        for step in job.steps
        # The rest of the job is not behind: a volume with a higher epoch than its first is never made empty.
        if job.message.startswith(f"{STALE}: {step.kind} {step.name} is at ")
    }
    return [
        Raise(placed, placed.behind or placed.epoch + 1)
        for placed in snapshot.placed
        if placed.behind or (*placed.key, placed.epoch) in refused
    ]


def _creates(snapshot: Snapshot, accepted: Accepted) -> tuple[list[Create], list[placement.Unplaced]]:
    if snapshot.listening:
        return [], []
    held = [(want, snapshot.held[want.key]) for want in accepted.wants if want.key in snapshot.held]
    if held:
        # It is there already: no rule of placement can change that, and the rest is placed around it.
        return [Create(want, each.node, each.epoch + 1) for want, each in held], []
    found = placement.requests(accepted.wants, snapshot.placed, accepted.region, snapshot.binned)
    field = placement.Field(snapshot.nodes, snapshot.reserved, snapshot.spread)
    placings, unplaced = placement.place(found, field)
    return [Create(want, each.node) for each in placings for want in _volumes_first(each.request.members)], unplaced


def _volumes_first(members: Iterable[Want]) -> list[Want]:
    return sorted(members, key=lambda want: want.kind != "volume")


def _updates(snapshot: Snapshot, accepted: Accepted, *, halted: bool) -> list[Update]:
    stale = [(placed, want) for want in accepted.wants if (placed := _stale(snapshot, want)) is not None]
    volumes = [Update(placed, want) for placed, want in stale if want.kind == "volume"]
    machines = [Update(placed, want) for placed, want in stale if want.kind == "machine"]
    down = [each for each in machines if _is_in_hand(snapshot, each.placed)]
    # Those that cannot be seen come last: each would hold up the next until its node is back.
    up = sorted((each for each in machines if each not in down), key=lambda each: not each.placed.running)
    underway = sum(
        1
        for want in accepted.wants
        if want.kind == "machine"
        and (placed := snapshot.find(want.key))
        and not placed.running
        and _current(placed, want)
    )
    room = 0 if halted else max(0, accepted.max_unavailable - underway - len(down))
    return volumes + down + up[:room]


def _is_in_hand(snapshot: Snapshot, placed: Placed) -> bool:
    """Whether it serves nobody, or is being changed already, by an order that its node may carry out at any time.

    What ran unchanged when its node was heard last may serve somebody; the ledger hears of a node that comes back
    before its report is here.
    """
    is_known = placed.reported or placed.node not in snapshot.nodes
    return not placed.running and (is_known or not placed.settled)


def _stale(snapshot: Snapshot, want: Want) -> Placed | None:
    placed = snapshot.find(want.key)
    if placed is None or placed.deleting or (_current(placed, want) and not _edited(placed, want)):
        return None
    return None if _volume_leaves(snapshot, want) else placed


def _volume_leaves(snapshot: Snapshot, want: Want) -> bool:
    """Whether a volume of its is on its way out: a machine that asked for it now would hold it there for good."""
    wanted = want.item.volumes if isinstance(want.item, MachineItem) else ()
    found = [snapshot.find(("volume", each.volume)) for each in wanted]
    return any(each is not None and each.deleting for each in found)


def _edited(placed: Placed, want: Want) -> bool:
    """Whether somebody changed by hand what an object's spec shows of its item."""
    if not isinstance(want.item, MachineItem):
        return False
    volumes = tuple(each.volume for each in want.item.volumes)
    return (placed.size, placed.volumes) != (placement.size_of(want.item), volumes)


def _current(placed: Placed, want: Want) -> bool:
    return placed.item == want.digest


def _up_to_date(snapshot: Snapshot, want: Want) -> bool:
    placed = snapshot.find(want.key)
    return placed is not None and not placed.deleting and _current(placed, want) and placed.running


def _halted(snapshot: Snapshot, accepted: Accepted) -> str:
    for want in accepted.wants:
        placed = snapshot.find(want.key)
        if placed and _current(placed, want) and placed.settled and placed.row and placed.row.state == "failed":
            return f"{want.kind} {want.name} failed: {placed.row.message or 'see explain'}; the update waits for it"
    return ""


def _deletes(snapshot: Snapshot, accepted: Accepted) -> tuple[Delete, ...]:
    wanted = {want.key for want in accepted.wants}
    return tuple(_deletion_order(p for p in snapshot.placed if p.key not in wanted and not p.deleting))


def _deletion_order(placed: Iterable[Placed]) -> list[Delete]:
    ordered = sorted(placed, key=lambda each: (each.kind != "machine", each.name))
    machines = [Delete(each) for each in ordered if each.kind == "machine"]
    volumes = [Delete(each) for each in ordered if each.kind == "volume"]
    return machines[::-1] + volumes[::-1]


def _refused(snapshot: Snapshot, accepted: Accepted) -> str:
    for want in accepted.wants:
        placed = snapshot.find(want.key)
        if placed is None or placed.deleting:
            continue
        if isinstance(want.item, VolumeItem) and want.item.size < placed.size.disk:
            had, asked = placed.size.disk >> 20, want.item.size >> 20
            return f"volume {want.name}: {had}Mi → {asked}Mi would shrink it: keep the size, or use a new volume name"
    return ""


def _taken(snapshot: Snapshot, accepted: Accepted) -> str:
    for want in accepted.wants:
        if want.key in snapshot.taken:
            return f"{want.kind} {want.name} belongs to another deployment of this namespace: choose another name"
    return ""


def _leaving(snapshot: Snapshot, accepted: Accepted) -> str:
    names = [f"{want.kind} {want.name}" for want in accepted.wants if want.key in snapshot.leaving]
    return f"waits until {', '.join(names[:4])} of the deployment that had this name before is gone" if names else ""
