"""What a Machine or Volume shows of itself: three conditions and the node's last words. Pure."""

from __future__ import annotations

from controllers.loop.conditions import Condition as Fact
from controllers.loop.conditions import ConditionStatus
from controllers.supervisor.away import away
from controllers.supervisor.in_use import in_use
from controllers.supervisor.model import Placed, Snapshot
from controllers.supervisor.moves import is_on_its_way, stays
from crds.machine import Reason
from plans.quantity import format_quantity

State = tuple[ConditionStatus, str, str]

_ROW_REASONS: dict[str, tuple[ConditionStatus, Reason]] = {
    "running": ("True", Reason.RUNNING),
    "present": ("True", Reason.RUNNING),
    "starting": ("False", Reason.UPDATING),
    "restarting": ("False", Reason.RESTARTING),
    "stopped": ("False", Reason.STOPPED),
    "failed": ("False", Reason.FAILED),
}


def facts(placed: Placed, snapshot: Snapshot) -> list[Fact]:
    """Ready, Placed and Running."""
    status, reason, message = _state(placed, snapshot)
    return [
        Fact("Ready", status, reason, message),
        Fact("Placed", "True", *_place(placed, snapshot)),
        Fact("Running", status, reason, message),
    ]


def _place(placed: Placed, snapshot: Snapshot) -> tuple[str, str]:
    """Where it is, and whether it may leave a node that is drained."""
    if not is_on_its_way(placed, snapshot):
        return Reason.PLACED, placed.node
    why = stays(placed, snapshot)
    if why:
        return Reason.STAYS, f"{placed.node} is drained, and it stays there: {why}"
    return Reason.MOVES, f"{placed.node} is drained: it goes to another node when its turn comes"


def summary(placed: Placed) -> dict[str, str]:
    """What lists show."""
    size = {"size": format_quantity(placed.size.disk)} if placed.kind == "volume" else {}
    return {"node": f"{placed.node[:6]}…", **size}


def _state(placed: Placed, snapshot: Snapshot) -> State:
    node = snapshot.nodes.get(placed.node)
    if placed.deleting:
        return "False", Reason.REMOVING, _removal(placed, snapshot)
    if node is None:
        remedy = f"`kubectl delete {placed.kind}s.hardpan.dev {placed.name}` places it anew"
        return "Unknown", Reason.NODE_UNREACHABLE, f"{placed.node} was forgotten by the operator: {remedy}"
    if not node.certified:
        return "Unknown", Reason.NODE_NOT_CERTIFIED, f"what {placed.node} says does not count: {node.refusal}"
    if not node.reachable:
        return "Unknown", Reason.NODE_UNREACHABLE, f"no report from {placed.node}"
    if not placed.settled:
        return _unsettled(placed, snapshot)
    if placed.row is None:
        return ("True", Reason.RUNNING, "") if placed.ready else ("False", Reason.WAITING, f"waiting for {placed.node}")
    status, reason = _ROW_REASONS.get(placed.row.state, ("Unknown", Reason.WAITING))
    return status, reason, placed.row.message


def _removal(placed: Placed, snapshot: Snapshot) -> str:
    """What a removal waits for."""
    held = snapshot.halted.get(placed.uid) or in_use(placed, snapshot)
    return held or f"waiting for {placed.node} to remove it{away(placed, snapshot)}"


def _unsettled(placed: Placed, snapshot: Snapshot) -> State:
    refusal = _refusal(placed, snapshot)
    return ("False", Reason.REFUSED, refusal) if refusal else ("False", Reason.WAITING, f"waiting for {placed.node}")


def _refusal(placed: Placed, snapshot: Snapshot) -> str:
    jobs = [job for job in snapshot.jobs if job.succeeded is None and job.node == placed.node and job.message]
    return next(
        (f"{job.reason}: {job.message}" for job in jobs for s in job.steps if (s.kind, s.name) == placed.key), ""
    )
