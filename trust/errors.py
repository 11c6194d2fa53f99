"""Why something is not believed: one reason code each, stable strings that tests, conditions and receipts carry."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The reason codes, in the order in which the checks of a gate come."""

    TOO_LARGE = "TooLarge"
    BAD_ENCODING = "BadEncoding"
    BAD_TYPE = "BadType"
    UNKNOWN_FIELD = "UnknownField"
    NO_TRUST = "NoTrust"
    TRUST_EXPIRED = "TrustExpired"
    TRUST_ROLLBACK = "TrustRollback"
    RECORD_NOT_LISTED = "RecordNotListed"
    UNKNOWN_SUPERVISOR = "UnknownSupervisor"
    STALE_LEASE = "StaleLease"
    WRONG_CLUSTER = "WrongCluster"
    WRONG_NODE = "WrongNode"
    WRONG_TENANT = "WrongTenant"
    WRONG_NAMESPACE = "WrongNamespace"
    WRONG_NAME = "WrongName"
    NOT_SIGNED = "NotSigned"
    UNKNOWN_SIGNER = "UnknownSigner"
    KEY_REVOKED = "KeyRevoked"
    KEY_RETIRED = "KeyRetired"
    BAD_SIGNATURE = "BadSignature"
    THRESHOLD_NOT_MET = "ThresholdNotMet"
    NOT_YET_VALID = "NotYetValid"
    EXPIRED = "Expired"
    VALIDITY_TOO_LONG = "ValidityTooLong"
    REVISION_TOO_OLD = "RevisionTooOld"
    REVISION_CONFLICT = "RevisionConflict"
    SCRIPT_ERROR = "ScriptError"
    PLAN_DIGEST_MISMATCH = "PlanDigestMismatch"
    OVER_CEILINGS = "OverCeilings"
    VERB_NOT_ALLOWED = "VerbNotAllowed"
    NOT_IN_PLAN = "NotInPlan"
    WRONG_REGION = "WrongRegion"
    WRONG_LABELS = "WrongLabels"
    STALE_EPOCH = "StaleEpoch"
    NODE_REVOKED = "NodeRevoked"
    TOKEN_UNKNOWN = "TokenUnknown"
    TOKEN_CLOSED = "TokenClosed"
    TOKEN_EXPIRED = "TokenExpired"
    CERTIFICATE_REFUSED = "CertificateRefused"
    HOLDER_UNKNOWN = "HolderUnknown"


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
