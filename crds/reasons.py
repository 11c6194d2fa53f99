"""Reasons of conditions with what they mean and what to do, so that code, `explain` and reference say the same.

A kind's own reasons stand beside it; refusals are the same for every kind and every gate (`trust.errors.Code`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

NOTHING = "nothing"


class DocumentedReason(StrEnum):
    """A reason with its meaning and the remedy."""

    meaning: str
    remedy: str

    def __new__(cls, word: str, meaning: str, remedy: str = NOTHING) -> Self:
        """The word itself, carrying what is said of it."""
        made = str.__new__(cls, word)
        made._value_ = word
        made.meaning, made.remedy = meaning, remedy
        return made


@dataclass(frozen=True)
class ConditionDefinition:
    """A condition of a kind: what True means, who writes it, and the reasons that it comes with.

    `refusable` says that a refusal may stand as its reason as well.
    """

    type: str
    meaning: str
    written_by: str
    reasons: tuple[DocumentedReason, ...]
    refusable: bool = False

    @property
    def words(self) -> frozenset[str]:
        """Every reason that may stand in it."""
        refusals: Iterable[str] = RefusalReason if self.refusable else ()
        return frozenset(map(str, (*self.reasons, *refusals)))


class RefusalReason(DocumentedReason):
    """Why a gate refused something, the same words at admission, supervisor, ledger and node."""

    TOO_LARGE = "TooLarge", "more bytes, characters or signatures than allowed", "shorten the script, or split it"
    BAD_ENCODING = (
        "BadEncoding",
        "a value without a canonical form, a signature that is not strict base64, or a field of another shape",
        "use integers, texts, booleans, lists and maps only",
    )
    BAD_TYPE = "BadType", "an envelope of another payload type", "the wrong document was sent"
    UNKNOWN_FIELD = "UnknownField", "a field that this version does not know", "the sender is of another version"
    NO_TRUST = "NoTrust", "no root document or no snapshot is installed", "`hardpan init`, then apply its files"
    TRUST_EXPIRED = (
        "TrustExpired",
        "the trust snapshot ended: what runs goes on and restarts, nothing new starts",
        "operator: `hardpan trust renew`",
    )
    TRUST_ROLLBACK = (
        "TrustRollback",
        "an older snapshot or root than was seen before",
        "apply the newest; if it is lost, renew until its number is higher",
    )
    RECORD_NOT_LISTED = (
        "RecordNotListed",
        "the newest snapshot does not list it, or lists other content: it does not count",
        "operator: `hardpan trust renew`, or `hardpan tenant add` for a namespace without tenant",
    )
    UNKNOWN_SUPERVISOR = (
        "UnknownSupervisor",
        "the supervisor is not listed, or not vouched for the node's site",
        "operator: list it, with the node's site",
    )
    STALE_LEASE = "StaleLease", "ordered by a supervisor that lost its lease"
    WRONG_CLUSTER = "WrongCluster", "made for another cluster", "sign against this cluster (`hardpan login`)"
    WRONG_NODE = "WrongNode", "made for another node, or under another node's name"
    WRONG_TENANT = "WrongTenant", "signed for another tenant id, as before the namespace was made anew", "sign again"
    WRONG_NAMESPACE = "WrongNamespace", "signed for another namespace", "sign again in this one"
    WRONG_NAME = "WrongName", "signed for another name", "sign again under this one"
    NOT_SIGNED = "NotSigned", "there is no signature", "`kubectl hardpan sign FILE`, then apply again"
    UNKNOWN_SIGNER = (
        "UnknownSigner",
        "the key belongs to nobody with role `deploy` in this namespace",
        "sign with a member's key, or have the operator add it",
    )
    KEY_REVOKED = "KeyRevoked", "the key is revoked", "sign with another key"
    KEY_RETIRED = "KeyRetired", "the key signs nothing new, or its time is over", "sign with an active key"
    BAD_SIGNATURE = (
        "BadSignature",
        "the signature does not fit: something was changed after it was signed",
        "`kubectl hardpan sign FILE`, then apply again",
    )
    THRESHOLD_NOT_MET = "ThresholdNotMet", "too few different users, or too few root keys", "sign with more keys"
    NOT_YET_VALID = "NotYetValid", "its time has not begun", "wait, check clocks, or sign again"
    EXPIRED = "Expired", "its time is over", "sign again"
    VALIDITY_TOO_LONG = "ValidityTooLong", "valid for more than 90 days", "sign with fewer `--days`"
    REVISION_TOO_OLD = (
        "RevisionTooOld",
        "a newer revision was accepted, or the snapshot's floor is higher",
        "sign again: the number rises by itself",
    )
    REVISION_CONFLICT = "RevisionConflict", "the number was seen with other content", "sign a higher revision"
    SCRIPT_ERROR = (
        "ScriptError",
        "the script gives no plan; line and column are in the message",
        "mend the script, sign and apply",
    )
    PLAN_DIGEST_MISMATCH = "PlanDigestMismatch", "the script gives another plan than was signed", "sign again"
    OVER_CEILINGS = (
        "OverCeilings",
        "more than the tenant may use, or a runtime or image host that it may not",
        "ask for less, or have the operator raise it",
    )
    VERB_NOT_ALLOWED = "VerbNotAllowed", "a verb that no signature may ask for"
    NOT_IN_PLAN = "NotInPlan", "the signed plan lacks the resource"
    WRONG_REGION = "WrongRegion", "signed for another region than the node's", "sign another `region`, or none"
    WRONG_LABELS = (
        "WrongLabels",
        "the node's certificate lacks a label that the plan asks for",
        "sign other `node_labels`, or enrol nodes with that label",
    )
    STALE_EPOCH = "StaleEpoch", "a lower placement or generation than the node saw"
    REMOVED_SINCE = (
        "RemovedSince",
        "ordered before the resource's last removal",
        "a newer order follows; if it is refused too, the control plane's clock was set back: mend it, or wait",
    )
    NODE_REVOKED = "NodeRevoked", "the operator revoked the node", "wipe the machine to enrol it anew"
    NODE_REMOVED = (
        "NodeRemoved",
        "the operator removed the node, or gave it up for lost",
        "what was removed: `kubectl hardpan node uncordon` takes it back; what was given up: wipe the machine",
    )
    NODE_CONFLICT = (
        "NodeConflict",
        "two machines speak with the node's key, as when its disk was copied: both are frozen",
        "switch off and wipe all but one, then `kubectl hardpan node resolve`",
    )
    TOKEN_UNKNOWN = (
        "TokenUnknown",
        "the snapshot does not list the join token",
        "operator: `hardpan trust renew`, or approve the node by hand",
    )
    TOKEN_CLOSED = (
        "TokenClosed",
        "the operator closed the join token",
        "make another with `hardpan token create`, or approve the node by hand",
    )
    TOKEN_EXPIRED = (
        "TokenExpired",
        "the join token's time is over",
        "make another with `hardpan token create`, or approve the node by hand",
    )
    CERTIFICATE_REFUSED = (
        "CertificateRefused",
        "no certificate, or one that claims what its token does not vouch for, or that names other keys",
        "make the machine's medium anew, or approve the node by hand",
    )
    RELEASE_UNKNOWN = (
        "ReleaseUnknown",
        "the newest snapshot lists no such release",
        "operator: `hardpan release create`, or name another",
    )
    WRONG_FLAVOUR = "WrongFlavour", "a boot image for other machines", "name a release of the node's flavour"
    BELOW_MINIMUM = (
        "BelowMinimum",
        "a boot image older than the oldest that the operator's releases allow",
        "name a newer release",
    )
    OLDER_THAN_RAN = "OlderThanRan", "a boot image older than one that the node ran", "name a newer release"
    HOLDER_UNKNOWN = "HolderUnknown", "the certificate of a node that holds what the plan refers to did not come"
