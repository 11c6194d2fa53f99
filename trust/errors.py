"""Why something is not believed: one reason code each, stable strings that tests, conditions and receipts carry."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The reason codes and what each means, in the order in which the checks of a gate come."""

    TOO_LARGE = "TooLarge"  # more bytes, characters or signatures than allowed; asked before parsing
    BAD_ENCODING = "BadEncoding"  # not canonical JSON, not strict base64, or a field of another shape
    BAD_TYPE = "BadType"  # an envelope of another payload type
    UNKNOWN_FIELD = "UnknownField"  # a field that this version does not know
    NO_TRUST = "NoTrust"  # no root document or no snapshot is installed
    TRUST_EXPIRED = "TrustExpired"  # the snapshot ended: what runs goes on, nothing else happens
    TRUST_ROLLBACK = "TrustRollback"  # an older snapshot or root than was seen before
    RECORD_NOT_LISTED = "RecordNotListed"  # the snapshot does not list the tenant of this namespace
    UNKNOWN_SUPERVISOR = "UnknownSupervisor"  # not listed, or not vouched for the node's site
    STALE_LEASE = "StaleLease"  # a supervisor that lost its lease
    WRONG_CLUSTER = "WrongCluster"  # made for another cluster
    WRONG_NODE = "WrongNode"  # made for another node, or under another's name
    WRONG_TENANT = "WrongTenant"  # signed for another tenant id
    WRONG_NAMESPACE = "WrongNamespace"  # signed for another namespace
    WRONG_NAME = "WrongName"  # signed for another name
    NOT_SIGNED = "NotSigned"  # no signature of a user at all
    UNKNOWN_SIGNER = "UnknownSigner"  # a key of nobody with the role
    KEY_REVOKED = "KeyRevoked"  # the key counts never
    KEY_RETIRED = "KeyRetired"  # the key signs nothing new, and its time to verify may be over
    BAD_SIGNATURE = "BadSignature"  # does not fit the bytes, the namespace, or the rules for FIDO keys
    THRESHOLD_NOT_MET = "ThresholdNotMet"  # too few different users or root keys
    NOT_YET_VALID = "NotYetValid"  # its time has not begun
    EXPIRED = "Expired"  # its time is over
    VALIDITY_TOO_LONG = "ValidityTooLong"  # valid for more than 90 days
    REVISION_TOO_OLD = "RevisionTooOld"  # below the highest revision seen, or the snapshot's floor
    REVISION_CONFLICT = "RevisionConflict"  # the number was seen with other content
    SCRIPT_ERROR = "ScriptError"  # the script does not evaluate
    PLAN_DIGEST_MISMATCH = "PlanDigestMismatch"  # another plan than users signed
    OVER_CEILINGS = "OverCeilings"  # more than the tenant may use, or a runtime or image host that it may not
    VERB_NOT_ALLOWED = "VerbNotAllowed"  # no row in the table of authority, or removals beside a plan
    NOT_IN_PLAN = "NotInPlan"  # the signed plan lacks the resource
    WRONG_REGION = "WrongRegion"  # signed for another region than the node's
    WRONG_LABELS = "WrongLabels"  # the node's certificate lacks a signed label
    STALE_EPOCH = "StaleEpoch"  # a lower placement or generation than the node saw
    REMOVED_SINCE = "RemovedSince"  # ordered before the resource's last removal
    NODE_REVOKED = "NodeRevoked"  # the operator revoked the node
    NODE_REMOVED = "NodeRemoved"  # the operator removed the node, or gave it up
    NODE_CONFLICT = "NodeConflict"  # two machines speak with one node's key
    TOKEN_UNKNOWN = "TokenUnknown"  # the snapshot does not list the join token
    TOKEN_CLOSED = "TokenClosed"  # the operator closed the join token
    TOKEN_EXPIRED = "TokenExpired"  # the join token's time is over
    CERTIFICATE_REFUSED = "CertificateRefused"  # no certificate, or one that claims what its token does not vouch for
    RELEASE_UNKNOWN = "ReleaseUnknown"  # the snapshot does not list the release
    WRONG_FLAVOUR = "WrongFlavour"  # a boot image for other machines than the node
    BELOW_MINIMUM = "BelowMinimum"  # a boot image older than the releases in force allow
    OLDER_THAN_RAN = "OlderThanRan"  # a boot image older than one that the node ran
    HOLDER_UNKNOWN = "HolderUnknown"  # a node is said to hold something and its certificate did not come


class TrustError(Exception):
    """Root of what this package raises."""


class NotCanonical(TrustError):
    """Bytes or a value without a canonical form; the message names the place and what to write instead."""


class BadKey(TrustError):
    """A key that cannot be used; the message says why and which kinds can."""


class Refusal(TrustError):
    """Something was checked and is not believed.

    `code` is stable; `field` names the field of the manifest that the user can mend, when there is one.
    """

    def __init__(self, code: Code, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message
