"""What a deployment's conditions say, and every reason that they come with."""

from __future__ import annotations

from crds.reasons import ConditionDefinition, DocumentedReason


class Reason(DocumentedReason):
    """Reasons of a deployment's conditions that are not refusals."""

    ACCEPTED = "Accepted", "verified, planned and accepted; the message names revision and signers"
    AS_DESCRIBED = "AsDescribed", "as it should be"
    ASSIGNED = "Assigned", "served by the supervisor in the message"
    NO_SUPERVISOR = (
        "NoSupervisor",
        "no supervisor of the region lives; what runs is kept",
        "start one (`hardpan supervisor`), or sign another `region`",
    )
    NOT_YET_ACCEPTED = (
        "NotYetAccepted",
        "no revision has been accepted yet",
        "look at SignatureVerified and Planned",
    )
    REVISION_REFUSED = (
        "RevisionRefused",
        "the edit is refused, the accepted revision goes on; the message says why",
        "mend what it says, sign and apply; or apply the accepted manifest again",
    )
    NAME_TAKEN = (
        "NameTaken",
        "another deployment of the namespace has a resource of this name",
        "choose another name, sign and apply",
    )
    UPDATE_REFUSED = (
        "UpdateRefused",
        "the plan asks for what is never done, such as a smaller volume",
        "keep the size, or use a new volume name",
    )
    UPDATE_HALTED = (
        "UpdateHalted",
        "a machine failed after its update; the others wait",
        "`kubectl hardpan explain machine`, then sign a mended revision",
    )
    UPDATING = "Updating", "waiting for the resources in the message", "wait; a node's refusal stands in parentheses"
    NO_NODE_FITS = (
        "NoNodeFits",
        "no node fits; the message counts the nodes by rule",
        "add or free what is short, uncordon or approve a node, or sign smaller needs",
    )
    NODE_UNREACHABLE = (
        "NodeUnreachable",
        "a node that holds something of it does not report; it may well run on",
        "bring the node back; if it is gone for good, `kubectl hardpan forget node`",
    )
    NODE_NOT_CERTIFIED = (
        "NodeNotCertified",
        "a node that holds something of it has no certificate that counts: what it says is not believed, and it gets no"
        " orders; the refusal is in the message",
        "approve the node anew, or `kubectl hardpan forget node`",
    )
    REMOVING = "Removing", "it is being deleted; the message names what it waits for", "wait"
    REMOVALS_HALTED = (
        "RemovalsHalted",
        "more than 5 machines (or 10 % of the region's) are to be removed within 10 minutes; they wait for an operator",
        "operator: if it is meant, run the command in the message",
    )
    SUSPENDED = "Suspended", "`spec.suspend` is true", "set it to false to go on"
    VALID = "Valid", "the signature is valid for more than 14 days"
    SIGNATURE_ENDS_SOON = "SignatureEndsSoon", "the signature ends within 14 days", "sign again before"
    SIGNATURE_ENDED = (
        "SignatureEnded",
        "the signature has ended; what runs is kept and restarted, nothing changes or moves",
        "sign again",
    )


_AVAILABLE = (
    Reason.AS_DESCRIBED,
    Reason.NOT_YET_ACCEPTED,
    Reason.UPDATING,
    Reason.NO_NODE_FITS,
    Reason.NODE_UNREACHABLE,
    Reason.NODE_NOT_CERTIFIED,
    Reason.REMOVING,
    Reason.REMOVALS_HALTED,
)
_SUPERVISOR = "supervisor"

CONDITIONS = (
    ConditionDefinition(
        "Ready",
        "the revision in the spec is accepted and all of it runs",
        _SUPERVISOR,
        (*_AVAILABLE, Reason.REVISION_REFUSED, Reason.SUSPENDED),
    ),
    ConditionDefinition(
        "Available", "the accepted revision runs; an edit that is refused does not change it", _SUPERVISOR, _AVAILABLE
    ),
    ConditionDefinition(
        "Assigned", "a supervisor that lives serves it", "coord", (Reason.ASSIGNED, Reason.NO_SUPERVISOR)
    ),
    ConditionDefinition(
        "SignatureVerified",
        "enough users signed the spec, and their signatures count now",
        _SUPERVISOR,
        (Reason.ACCEPTED, Reason.NOT_YET_ACCEPTED),
        refusable=True,
    ),
    ConditionDefinition(
        "Planned",
        "the script gives the signed plan, within the tenant's ceilings, and nothing in it is impossible",
        _SUPERVISOR,
        (
            Reason.ACCEPTED,
            Reason.NOT_YET_ACCEPTED,
            Reason.REVISION_REFUSED,
            Reason.NAME_TAKEN,
            Reason.UPDATE_REFUSED,
        ),
        refusable=True,
    ),
    ConditionDefinition(
        "Scheduled",
        "every resource has a node",
        _SUPERVISOR,
        (Reason.AS_DESCRIBED, Reason.NOT_YET_ACCEPTED, Reason.NO_NODE_FITS),
    ),
    ConditionDefinition(
        "Progressing", "something is still being done", _SUPERVISOR, (*_AVAILABLE, Reason.UPDATE_HALTED)
    ),
    ConditionDefinition("Paused", "`spec.suspend` is true", _SUPERVISOR, (Reason.AS_DESCRIBED, Reason.SUSPENDED)),
    ConditionDefinition("Reconciling", "it is under way; kstatus reads this", _SUPERVISOR, _AVAILABLE),
    ConditionDefinition(
        "Stalled",
        "it is stuck until somebody acts; kstatus reads this",
        _SUPERVISOR,
        (
            Reason.AS_DESCRIBED,
            Reason.NAME_TAKEN,
            Reason.UPDATE_REFUSED,
            Reason.UPDATE_HALTED,
            Reason.NO_NODE_FITS,
            Reason.REMOVALS_HALTED,
        ),
        refusable=True,
    ),
    ConditionDefinition(
        "RenewalDue",
        "the signature ends within 14 days, or has ended",
        _SUPERVISOR,
        (Reason.VALID, Reason.SIGNATURE_ENDS_SOON, Reason.SIGNATURE_ENDED, Reason.NOT_YET_ACCEPTED),
    ),
)
