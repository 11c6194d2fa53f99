"""Which conditions of our kinds need somebody: what is not as it should be and does not mend itself. Pure."""

from __future__ import annotations

from controllers.loop.objects import Json
from crds.kinds import KINDS
from crds.reasons import NOTHING, DocumentedReason, RefusalReason

GOOD_WHEN_FALSE = frozenset({"Paused", "Reconciling", "Stalled", "RenewalDue"})
# What the others of a kind say is said by one of these too.
TOLD = frozenset({"Ready", "Succeeded", "Assigned", "Stalled", "RenewalDue", "Healthy", "Accounted"})
REMEDIES: dict[tuple[str, str], str] = {
    (kind.kind, str(reason)): reason.remedy
    for kind in KINDS
    for condition in kind.conditions
    for reason in (*condition.reasons, *(RefusalReason if condition.refusable else ()))
    if isinstance(reason, DocumentedReason)
}


def is_stuck(kind: str, condition: Json) -> bool:
    """Whether somebody has to do something about it. What nobody documented is taken for that."""
    good = "False" if condition["type"] in GOOD_WHEN_FALSE else "True"
    if condition["type"] not in TOLD or condition["status"] == good:
        return False
    remedy = REMEDIES.get((kind, condition["reason"]))
    return remedy is None or (remedy != NOTHING and not remedy.startswith("wait"))
