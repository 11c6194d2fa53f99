"""Which machines leave a node that is drained, and why the others stay. Pure.

A machine moves by being removed where it is and made anew elsewhere, once its node has signed that it is gone: so it
never runs twice. Its root disk is made anew from its image; what has a volume stays, for volumes do not move.
"""

from __future__ import annotations

from controllers.supervisor import placement
from controllers.supervisor.actions import Delete
from controllers.supervisor.away import away
from controllers.supervisor.model import Accepted, Placed, Snapshot, Want
from crds.workload import MachineItem


def moves(snapshot: Snapshot, accepted: Accepted) -> list[Delete]:
    """The machines that leave their node now, as many at a time as an update may take down."""
    field = _field(snapshot)
    leaving = [placed for placed in snapshot.placed if is_on_its_way(placed, snapshot)]
    down = sum(1 for want in accepted.wants if want.kind == "machine" and not _is_up(snapshot, want))
    found: list[Delete] = []
    for placed in leaving:
        itself = 0 if placed.running else 1
        if down - itself + len(found) >= accepted.max_unavailable or _stays(placed, snapshot, field):
            continue
        placings, _ = placement.place(_requests(placed, snapshot, accepted), field)
        field = field.after(placings[0])
        found.append(Delete(placed))
    return found


def is_on_its_way(placed: Placed, snapshot: Snapshot) -> bool:
    """A machine that is on a node that is drained, and not being removed yet."""
    node = snapshot.nodes.get(placed.node)
    return node is not None and node.draining and placed.kind == "machine" and not placed.deleting


def stays(placed: Placed, snapshot: Snapshot) -> str:
    """Why a machine does not leave a node that is drained, with the remedy; empty when it does, or waits its turn."""
    return _stays(placed, snapshot, _field(snapshot))


def _stays(placed: Placed, snapshot: Snapshot, field: placement.Field) -> str:
    accepted, node = snapshot.accepted, snapshot.nodes[placed.node]
    if not node.certified or not node.reachable:
        return f"nobody can tell that it stops there{away(placed, snapshot)}"
    if placed.volumes:
        return f"its volume {placed.volumes[0]} is there, and volumes do not move: sign a revision without it"
    if wanted := _volumes(placed, accepted):
        return f"its volume {wanted[0]} is made where it is, and volumes do not move: sign a revision without it"
    if accepted is None or snapshot.refused is not None:
        return "its deployment is refused as it stands, so it would not start elsewhere: mend and sign it"
    if snapshot.suspended:
        return "its deployment is suspended: set spec.suspend to false"
    if snapshot.now >= accepted.expires:
        return "its signature ended, so it would not start elsewhere: sign it again"
    if snapshot.trusted_until is None or snapshot.now >= snapshot.trusted_until:
        return "the trust snapshot ended, so it would not start elsewhere: hardpan trust renew"
    asked = _requests(placed, snapshot, accepted)
    if asked and all(placement.obstacle(asked[0], node, field) for node in field.nodes.values()):
        return placement.explain(asked[0], field).message
    return "" if asked else "the accepted plan has it no more: it goes with the update"


def _volumes(placed: Placed, accepted: Accepted | None) -> list[str]:
    """Those that it is to have and may not have yet."""
    want = accepted.want(placed.key) if accepted is not None else None
    return [each.volume for each in want.item.volumes] if want and isinstance(want.item, MachineItem) else []


def _requests(placed: Placed, snapshot: Snapshot, accepted: Accepted) -> list[placement.Request]:
    """The request for its new node, as if it had none; of a machine without volumes."""
    want = accepted.want(placed.key)
    return placement.requests([want], (), accepted.region, snapshot.binned) if want is not None else []


def _field(snapshot: Snapshot) -> placement.Field:
    return placement.Field(snapshot.nodes, snapshot.reserved, snapshot.spread)


def _is_up(snapshot: Snapshot, want: Want) -> bool:
    placed = snapshot.find(want.key)
    return placed is not None and not placed.deleting and placed.running
