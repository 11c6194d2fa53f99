"""What the condition of a record says: whether it counts."""

from __future__ import annotations

from crds.reasons import ConditionDefinition, DocumentedReason


class Reason(DocumentedReason):
    """Reasons of the records' and the trust's conditions that are not refusals."""

    LISTED = "Listed", "the snapshot in the message lists exactly this content"
    VALID = "Valid", "the snapshot verifies and has not ended"
    LEADING = "Leading", "its lease is held and renewed"
    LEASE_LOST = (
        "LeaseLost",
        "nobody holds its lease; what runs is kept, nothing changes",
        "start it: `hardpan supervisor`",
    )
    USED_UP = "TokenUsedUp", "as many machines as it admits have come", "make another with `hardpan token create`"


LISTED = ConditionDefinition("Ready", "the newest snapshot lists it as it is", "ledger", (Reason.LISTED,), True)
OPEN = ConditionDefinition(
    "Ready",
    "the newest snapshot lists it as it is, and it admits machines",
    "ledger",
    (Reason.LISTED, Reason.USED_UP),
    True,
)
VALID = ConditionDefinition("Ready", "the snapshot counts", "ledger", (Reason.VALID,), True)
SERVING = ConditionDefinition(
    "Ready",
    "the newest snapshot lists it as it is, and it serves its region",
    "coord",
    (Reason.LEADING, Reason.LEASE_LOST),
    True,
)
