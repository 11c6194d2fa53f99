"""Whether a node is sound: what it found wrong with itself, and whether its clock is right. Pure."""

from __future__ import annotations

from controllers.ledger.presence import LARGEST_SKEW_SECONDS, Standing
from controllers.loop.conditions import Condition, condition
from controllers.loop.objects import Object
from crds.node_conditions import Reason

FOUND = {
    str(each): each for each in (Reason.NETWORK_BROKEN, Reason.ORPHANS_FOUND, Reason.NO_HYPERVISOR, Reason.DISK_FULL)
}


def healthy(seen: Object, ready: Condition, held: Standing | None) -> Condition:
    """The condition; as it was while no report came since the ledger started."""
    if ready.status != "True":
        return Condition("Healthy", "Unknown", ready.reason, ready.message)
    if held is None or held.report is None:
        said = condition(seen.status, "Healthy")
        return Condition("Healthy", said["status"], said["reason"], said["message"]) if said else _SOUND
    troubles = [*_clock(held), *_found(held)]
    if not troubles:
        return _SOUND
    return Condition("Healthy", "False", str(troubles[0][0]), "; ".join(message for _, message in troubles))


_SOUND = Condition("Healthy", "True", str(Reason.SOUND))


def _clock(held: Standing) -> list[tuple[Reason, str]]:
    if abs(held.skew) <= LARGEST_SKEW_SECONDS:
        return []
    way = "ahead of" if held.skew > 0 else "behind"
    return [(Reason.CLOCK_SKEW, f"its clock is {abs(held.skew):.0f} s {way} the control plane's")]


def _found(held: Standing) -> list[tuple[Reason, str]]:
    """A word that nobody documented may be a node's invention: only its sentence is shown."""
    findings = (held.report.findings if held.report else None) or ()
    return [(FOUND.get(each.reason, Reason.TROUBLED), each.message) for each in findings]
