"""What an operator wants of a node that goes out of service, as ledger and supervisors read it. Pure."""

from __future__ import annotations

from controllers.loop.conditions import condition
from controllers.loop.objects import Object
from crds.reasons import RefusalReason


def is_leaving(node: Object) -> bool:
    """Nothing new goes there, and what may move goes elsewhere."""
    return bool(node.spec.get("draining") or node.spec.get("removal"))


def is_forgotten(node: Object) -> bool:
    """Given up for good, by an operator's word that the machine is off: nothing waits for it any more."""
    return node.spec.get("removal") == "Forget"


def is_removed(node: Object) -> bool:
    """Out of service: forgotten, or the ledger saw that nothing was left on it."""
    if node.spec.get("removal") != "Graceful":
        return is_forgotten(node)
    approved = condition(node.status, "Approved") or {}
    return approved.get("reason") == str(RefusalReason.NODE_REMOVED)


def sentence(node: Object) -> str:
    """What the machine and its operator are told when it comes back; empty when it is not removed."""
    if is_forgotten(node):
        return f"{node.name} was given up by the operator, and what it ran may run elsewhere: wipe the machine"
    if is_removed(node):
        back = f"kubectl hardpan node uncordon {node.name}"
        return f"{node.name} was removed by the operator: switch it off or wipe it; to take it back: {back}"
    return ""
