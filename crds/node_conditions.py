"""What a node's conditions say, and every reason that they come with."""

from __future__ import annotations

from crds.reasons import ConditionDefinition, DocumentedReason


class Reason(DocumentedReason):
    """Reasons of a node's conditions that are not refusals."""

    REGISTERED = "Registered", "its signed registration was taken in"
    APPROVED_BY_OPERATOR = "ApprovedByOperator", "its certificate is signed by the operator root"
    APPROVED_BY_TOKEN = "ApprovedByToken", "its certificate is signed by the join token in the message"
    WAITING_FOR_APPROVAL = "WaitingForApproval", "it brought no certificate", "`kubectl hardpan node approve`"
    TOKEN_USED_UP = (
        "TokenUsedUp",
        "as many machines as the token admits have come",
        "approve it by hand, or make another token",
    )
    HARDWARE_NOT_ALLOWED = (
        "HardwareNotAllowed",
        "the token admits another board vendor",
        "approve it by hand, or make another token",
    )
    CLOCK_SKEW = "ClockSkew", "its clock is more than 5 minutes off", "set it by SNTP or firmware"
    REVOKED = "Revoked", "the operator revoked it", "wipe the machine to enrol it anew"
    REPORTING = "Reporting", "its reports arrive"
    STALE = (
        "Stale",
        "no report for three intervals and 10 s, or none yet",
        "is the machine on, and does it reach the gateway?",
    )
    LOST = (
        "Lost",
        "no report for five minutes or more",
        "as for Stale; if it is gone for good, `kubectl hardpan forget node`",
    )
    CORDONED = "Cordoned", "`spec.cordoned` is true", "set it to false when new machines may go there"
    SCHEDULABLE = "Schedulable", "new machines may go there"


_NOT_APPROVED = (
    Reason.WAITING_FOR_APPROVAL,
    Reason.TOKEN_USED_UP,
    Reason.HARDWARE_NOT_ALLOWED,
    Reason.CLOCK_SKEW,
    Reason.REVOKED,
)
_NOT_READY = (Reason.STALE, Reason.LOST, *_NOT_APPROVED)

CONDITIONS = (
    ConditionDefinition(
        "Ready",
        "it is approved and reports; Unknown when it was, and reports no more",
        "ledger",
        (Reason.REPORTING, *_NOT_READY),
        refusable=True,
    ),
    ConditionDefinition("Registered", "it registered", "ledger", (Reason.REGISTERED,)),
    ConditionDefinition(
        "Approved",
        "a join token or the operator vouches for it",
        "ledger",
        (Reason.APPROVED_BY_TOKEN, Reason.APPROVED_BY_OPERATOR, *_NOT_APPROVED),
        refusable=True,
    ),
    ConditionDefinition(
        "Schedulable",
        "new machines may be placed there",
        "ledger",
        (Reason.SCHEDULABLE, Reason.CORDONED, *_NOT_READY),
        refusable=True,
    ),
)
