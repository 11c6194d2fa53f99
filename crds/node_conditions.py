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
        "the token admits another board vendor, or other machines by name",
        "approve it by hand, or make another token",
    )
    NETWORK_NOT_ALLOWED = (
        "NetworkNotAllowed",
        "the token admits machines from other networks",
        "approve it by hand, or make another token",
    )
    NO_TPM = "NoTpm", "no quote of a TPM came", "switch the TPM on in the firmware's setup, if the machine has one"
    QUOTE_MISSING = (
        "QuoteMissing",
        "no quote of its TPM came, and one came before",
        "switch the TPM on again in the firmware's setup",
    )
    QUOTE_REFUSED = (
        "QuoteRefused",
        "the quote of its TPM does not count, for the cause in the message",
        "look whether somebody stands between, or whether the TPM is broken",
    )
    ATTESTATION_KEY_CHANGED = (
        "AttestationKeyChanged",
        "another key signs its quotes than at first: it has another TPM, or somebody imitates it",
        "if you changed the board, delete the Node and let the machine register again",
    )
    QUOTED = "Quoted", "its TPM says what was started, and no release says what that should be"
    IMAGE_RELEASED = "ImageReleased", "its TPM says that it started an image that the operator released"
    IMAGE_NOT_RELEASED = (
        "ImageNotReleased",
        "its TPM says that it started an image that is in no release",
        "boot a released image, or release this one: `hardpan release create`",
    )
    CLOCK_SKEW = (
        "ClockSkew",
        "its clock is off: by more than 5 minutes when it registered, or by more than 1 minute in its reports",
        "set it by SNTP or firmware",
    )
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
    ONE_MACHINE = "OneMachine", "its key speaks from one machine, or its conflict was resolved"
    CORDONED = "Cordoned", "`spec.cordoned` is true", "`kubectl hardpan node uncordon` when new machines may go there"
    DRAINING = (
        "Draining",
        "what may move leaves it, and nothing new goes there",
        "wait, or `kubectl hardpan node uncordon` to keep it",
    )
    IN_SERVICE = "InService", "nobody drains it"
    SCHEDULABLE = "Schedulable", "new machines may go there"
    SOUND = "Sound", "it found nothing wrong with itself"
    NETWORK_BROKEN = "NetworkBroken", "its bridge, filter or routes cannot be mended", "mend what the message names"
    ORPHANS_FOUND = (
        "OrphansFound",
        "things on it are called like ours, and nobody asked for them; what is provably ours and unused goes in a day",
        "look whether they are needed, and remove them if not",
    )
    NO_HYPERVISOR = (
        "NoHypervisor",
        "the program that runs machines is not on it, so it gives no processors and no memory",
        "install it, or boot an image that has it (`hardpan image build --with qemu`)",
    )
    DISK_FULL = (
        "DiskFull",
        "its disk is nearly full: guests that need room wait",
        "remove machines or volumes, or add a device",
    )
    CURRENT = "Current", "it runs the boot image that was asked for, or nobody asked for one"
    NO_IMAGE = "NoImage", "it does not run from a boot image of its own, and was not asked to"
    ORDERED = "Ordered", "it was asked to run another boot image, and has not answered yet"
    UPGRADING = "Upgrading", "it brings itself to another boot image; the message says how far it is"
    FELL_BACK = (
        "FellBack",
        "the new boot image did not become a node, so the node runs the earlier one; the message says what failed",
        "mend the image or what it missed, then `hardpan node upgrade` again",
    )
    UPGRADE_FAILED = (
        "UpgradeFailed",
        "the boot image was not installed; the message says why",
        "mend what the message names, then `hardpan node upgrade` again",
    )
    TROUBLED = "Troubled", "it found something else wrong with itself", "read the message"


_NOT_APPROVED = (
    Reason.WAITING_FOR_APPROVAL,
    Reason.TOKEN_USED_UP,
    Reason.HARDWARE_NOT_ALLOWED,
    Reason.NETWORK_NOT_ALLOWED,
    Reason.NO_TPM,
    Reason.QUOTE_MISSING,
    Reason.QUOTE_REFUSED,
    Reason.ATTESTATION_KEY_CHANGED,
    Reason.IMAGE_NOT_RELEASED,
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
        "Conflict",
        "two machines speak with its key; both are frozen until an operator resolves it",
        "ledger",
        (Reason.ONE_MACHINE,),
        refusable=True,
    ),
    ConditionDefinition(
        "Attested",
        "its TPM says which image it started, and a release has that image if any names one; Unknown without a TPM",
        "ledger",
        (
            Reason.IMAGE_RELEASED,
            Reason.QUOTED,
            Reason.NO_TPM,
            Reason.QUOTE_MISSING,
            Reason.QUOTE_REFUSED,
            Reason.ATTESTATION_KEY_CHANGED,
            Reason.IMAGE_NOT_RELEASED,
        ),
    ),
    ConditionDefinition(
        "Schedulable",
        "new machines may be placed there",
        "ledger",
        (Reason.SCHEDULABLE, Reason.CORDONED, Reason.DRAINING, *_NOT_READY),
        refusable=True,
    ),
    ConditionDefinition(
        "Draining",
        "it is drained or removed; the message says what is still on it",
        "ledger",
        (Reason.DRAINING, Reason.IN_SERVICE),
        refusable=True,
    ),
    ConditionDefinition(
        "Healthy",
        "it reports, found nothing wrong with itself, and its clock is right",
        "ledger",
        (
            Reason.SOUND,
            Reason.NETWORK_BROKEN,
            Reason.ORPHANS_FOUND,
            Reason.NO_HYPERVISOR,
            Reason.DISK_FULL,
            Reason.TROUBLED,
            *_NOT_READY,
        ),
        refusable=True,
    ),
    ConditionDefinition(
        "UpToDate",
        "it runs the boot image that it was asked to run",
        "ledger",
        (Reason.CURRENT, Reason.NO_IMAGE, Reason.ORDERED, Reason.UPGRADING, Reason.FELL_BACK, Reason.UPGRADE_FAILED),
        refusable=True,
    ),
)
