"""A deployment's signed body: what binds a script to cluster, tenant, namespace, name, revision and validity.

Signer and verifier fill in cluster and tenant id from their own pinned trust. What is verified is what is used:
values are parsed from the signed bytes, never from the object beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from trust import sshsig
from trust.canonical import Value, canonical_bytes
from trust.dsse import MOST_SIGNATURES, Envelope, Signature, parse_envelope, payload_type, pre_authentication_encoding
from trust.errors import Code, Refusal
from trust.keys import digest
from trust.part import Digest, Label, Ordinal, Signed, Time, parse_time
from trust.records import TenantRecord
from trust.snapshot import TrustView

DEPLOYMENT_TYPE = payload_type("deployment")
API_VERSION = "hardpan.dev/v1alpha1"
UNSIGNED_FIELDS = frozenset({"signatures", "suspend"})
LONGEST_VALIDITY = timedelta(days=90)
CLOCK_TOLERANCE = timedelta(minutes=5)
LARGEST_BODY = 65_536
SIGN_AGAIN = "Sign again: kubectl hardpan sign"


class SignedSpec(Signed):
    """The signed part of `spec`, as `crds.deployment` describes it. Absent stays absent."""

    language: Ordinal
    script: Annotated[str, Field(min_length=1, max_length=49_152)]
    revision: Ordinal
    not_before: Time
    expires: Time
    plan: Digest
    region: Label | None = None
    params: dict[str, Any] | None = None
    on_partition: Literal["Keep"] | None = None
    max_unavailable: Annotated[int, Field(ge=1, le=100)] | None = None


class SignedDeployment(Signed):
    """A deployment as its users signed it."""

    api_version: Literal["hardpan.dev/v1alpha1"]
    kind: Literal["Deployment"]
    cluster: Digest
    tenant: str
    namespace: Label
    name: Label
    spec: SignedSpec


@dataclass(frozen=True)
class SignatureText:
    """A signature as a manifest carries it."""

    key_id: str
    signature: str


@dataclass(frozen=True)
class Expected:
    """Where the object stands: cluster and tenant from pinned trust, namespace and name from the API server."""

    cluster: str
    tenant: TenantRecord
    namespace: str
    name: str


@dataclass(frozen=True)
class VerifiedDeployment:
    """A body that enough users signed: the exact bytes, their digest, the parsed values, who signed."""

    body: bytes
    digest: str
    document: SignedDeployment
    signers: tuple[str, ...]


def signed_body(cluster: str, tenant: str, namespace: str, name: str, spec: Mapping[str, Any]) -> bytes:
    """The canonical bytes that users sign for a manifest's spec. Raises NotCanonical, naming the place."""
    signed = {key: value for key, value in spec.items() if key not in UNSIGNED_FIELDS and value is not None}
    head: dict[str, Value] = {"apiVersion": API_VERSION, "kind": "Deployment", "cluster": cluster, "tenant": tenant}
    return canonical_bytes({**head, "namespace": namespace, "name": name, "spec": signed})


def bytes_to_sign(body: bytes) -> bytes:
    """What `ssh-keygen -Y sign -n hardpan` is given: the DSSE encoding of type and body."""
    return pre_authentication_encoding(DEPLOYMENT_TYPE, body)


def to_envelope(body: bytes, signatures: Iterable[SignatureText]) -> Envelope:
    """The document that travels to nodes."""
    parts = tuple(Signature(each.key_id, sshsig.blob_of(each.signature)) for each in signatures)
    return Envelope(DEPLOYMENT_TYPE, body, parts)


def verify_document(data: bytes, view: TrustView, now: datetime, *, accepted: bool = False) -> VerifiedDeployment:
    """As `verify_deployment`, for an envelope on a node: the tenant is the one that owns the namespace in the body.

    A node cannot tell what the supervisor accepted before it came here, so a retired key counts until its time.
    """
    envelope = parse_envelope(data, DEPLOYMENT_TYPE)
    document = SignedDeployment.parse(envelope.payload)
    tenant = view.tenant_of(document.namespace)
    expected = Expected(view.cluster, tenant, document.namespace, document.name)
    texts = [SignatureText(each.key_id, sshsig.encode_bytes(each.value)) for each in envelope.signatures]
    return verify_deployment(envelope.payload, texts, view, expected, now, accepted=accepted, retired=True)


def verify_deployment(
    body: bytes,
    signatures: Iterable[SignatureText],
    view: TrustView,
    expected: Expected,
    now: datetime,
    *,
    accepted: bool = False,
    retired: bool = False,
) -> VerifiedDeployment:
    """Checks a signed body in the fixed order: size, place, signers and threshold, then validity.

    `accepted` leaves out the validity: `expires` bounds acceptance, not what was accepted in time. Retired keys sign
    nothing new: they count until their time with `accepted` or `retired` only. Raises Refusal.
    """
    if len(body) > LARGEST_BODY:
        raise Refusal(
            Code.TOO_LARGE, f"the signed part has {len(body)} bytes, at most {LARGEST_BODY} are allowed", "spec"
        )
    document = SignedDeployment.parse(body)
    _check_place(document, expected)
    retired_at = now if accepted or retired else None
    signers = _check_signers(body, list(signatures), view, expected.tenant, retired_at)
    if not accepted:
        check_validity(document.spec, now)
    return VerifiedDeployment(body, digest(body), document, signers)


def _check_place(document: SignedDeployment, expected: Expected) -> None:
    pairs = (
        (Code.WRONG_CLUSTER, "cluster", document.cluster, expected.cluster),
        (Code.WRONG_TENANT, "tenant", document.tenant, expected.tenant.id),
        (Code.WRONG_NAMESPACE, "namespace", document.namespace, expected.namespace),
        (Code.WRONG_NAME, "name", document.name, expected.name),
    )
    for code, field, signed, here in pairs:
        if signed != here:
            raise Refusal(code, f"signed for {field} {signed}, this is {here}. {SIGN_AGAIN}", f"metadata.{field}")


def _check_signers(
    body: bytes, signatures: list[SignatureText], view: TrustView, tenant: TenantRecord, retired_at: datetime | None
) -> tuple[str, ...]:
    """The users who signed. `retired_at` is the time at which retired keys are asked; None when they do not count."""
    if not signatures:
        raise Refusal(Code.NOT_SIGNED, "not signed yet. Sign: kubectl hardpan sign", "spec.signatures")
    if len(signatures) > MOST_SIGNATURES:
        raise Refusal(Code.TOO_LARGE, f"at most {MOST_SIGNATURES} signatures are allowed", "spec.signatures")
    users: set[str] = set()
    problems: list[Refusal] = []
    for text in signatures:
        try:
            users.add(_signer(body, text, view, tenant, retired_at))
        except Refusal as refusal:
            problems.append(refusal)
    threshold = tenant.thresholds.get("deploy", 1)
    if len(users) >= threshold:
        return tuple(sorted(users))
    if problems and not users:
        raise problems[0]
    message = f"signed by {len(users)} user(s) of namespace {tenant.namespace}, {threshold} needed"
    raise Refusal(Code.THRESHOLD_NOT_MET, message, "spec.signatures")


def _signer(
    body: bytes, text: SignatureText, view: TrustView, tenant: TenantRecord, retired_at: datetime | None
) -> str:
    field = "spec.signatures"
    claimed = sshsig.parse(text.signature).key.key_id
    found = view.signer(tenant, "deploy", claimed)
    if found is None:
        who = f"key {claimed} belongs to no user who may deploy in namespace {tenant.namespace}"
        raise Refusal(Code.UNKNOWN_SIGNER, f"{who} (trust snapshot {view.version}): sign with a member's key", field)
    if found.key.state == "revoked":
        raise Refusal(Code.KEY_REVOKED, f"key {claimed} of {found.user} is revoked: sign with another key", field)
    if not (found.key.signs or (retired_at is not None and found.key.verifies(retired_at))):
        raise Refusal(Code.KEY_RETIRED, f"key {claimed} of {found.user} is retired: sign with another key", field)
    try:
        sshsig.verify(text.signature, bytes_to_sign(body))
    except Refusal as refusal:
        message = f"no valid signature by a user of namespace {tenant.namespace}. {_why_invalid(body, refusal)}"
        raise Refusal(Code.BAD_SIGNATURE, message, field) from None
    return found.user


def _why_invalid(body: bytes, refusal: Refusal) -> str:
    changed = f"The signed part was changed after it was signed (this one is {digest(body)})"
    return f"{changed}, or {refusal.message}. {SIGN_AGAIN}"


def check_validity(spec: SignedSpec, now: datetime) -> None:
    """Whether the document may be accepted at this time. Raises Refusal."""
    begins, ends = parse_time(spec.not_before), parse_time(spec.expires)
    if ends - begins > LONGEST_VALIDITY:
        raise Refusal(Code.VALIDITY_TOO_LONG, "a signature is valid for at most 90 days: sign again", "spec.expires")
    if now + CLOCK_TOLERANCE < begins:
        raise Refusal(Code.NOT_YET_VALID, f"valid from {spec.not_before} only: wait, or sign again", "spec.notBefore")
    if now >= ends:
        raise Refusal(Code.EXPIRED, f"the signature ended {spec.expires}. {SIGN_AGAIN}", "spec.expires")
