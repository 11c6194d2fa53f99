"""A node's certificate: which machine may hold what, vouched for by a join token's key or by the operator root."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from trust import sshsig
from trust.dsse import Envelope, Signature, decode, parse_envelope, payload_type
from trust.errors import Code, Refusal
from trust.keys import SigningKey, node_id, verify_raw
from trust.part import Digest, Label, Labels, NodeId, RawKey, Signed, Time, parse_time
from trust.records import JoinTokenRecord
from trust.snapshot import TrustView

CERTIFICATE_TYPE = payload_type("node-certificate")


class NodeCertificate(Signed):
    """A node's keys (base64; mycelium in hex), site and labels. `token` is absent when the operator signed."""

    kind: Literal["NodeCertificate"] = "NodeCertificate"
    cluster: Digest
    node: NodeId
    signing_key: RawKey
    box_key: RawKey
    tls_key: RawKey
    mycelium_key: Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
    site: Label
    region: Label
    labels: Labels
    boot_trusted: bool
    issued: Time
    token: Label | None = None


def sign_with_token(certificate: NodeCertificate, key: SigningKey) -> bytes:
    """The envelope that a join token's private half makes of a certificate."""
    unsigned = Envelope(CERTIFICATE_TYPE, certificate.to_bytes(), ())
    signature = Signature(f"token:{certificate.token}", key.sign(unsigned.signed_bytes))
    return Envelope(CERTIFICATE_TYPE, unsigned.payload, (signature,)).to_json()


def sign_with_root(certificate: NodeCertificate, signatures: tuple[Signature, ...]) -> bytes:
    """The envelope of a certificate with SSHSIG signatures of root keys."""
    return Envelope(CERTIFICATE_TYPE, certificate.to_bytes(), signatures).to_json()


def bytes_to_sign(certificate: NodeCertificate) -> bytes:
    """What a root key signs."""
    return Envelope(CERTIFICATE_TYPE, certificate.to_bytes(), ()).signed_bytes


def verify_certificate(data: bytes, view: TrustView) -> NodeCertificate:
    """The certificate, when a listed token that may say so or the operator root signed it.

    A token's expiry bounds the time of issue: who joined in time stays. Raises Refusal.
    """
    envelope = parse_envelope(data, CERTIFICATE_TYPE)
    certificate = NodeCertificate.parse(envelope.payload)
    if certificate.cluster != view.cluster:
        raise Refusal(Code.WRONG_CLUSTER, f"the certificate of {certificate.node} belongs to another cluster")
    if node_id(decode(certificate.signing_key)) != certificate.node:
        raise Refusal(Code.CERTIFICATE_REFUSED, f"{certificate.node} is not the name of the key in its certificate")
    if view.node_revoked(certificate.node):
        raise Refusal(Code.NODE_REVOKED, f"node {certificate.node} is revoked by the operator")
    if certificate.token is None:
        view.root.verify(envelope)
    else:
        _check_token(envelope, certificate, certificate.token, view)
    return certificate


def _check_token(envelope: Envelope, certificate: NodeCertificate, name: str, view: TrustView) -> None:
    token = view.tokens.get(name)
    if token is None:
        raise Refusal(Code.TOKEN_UNKNOWN, f"join token {name} is not listed in trust snapshot {view.version}")
    if len(envelope.signatures) != 1 or not verify_raw(
        decode(token.public_key), envelope.signed_bytes, envelope.signatures[0].value
    ):
        raise Refusal(Code.BAD_SIGNATURE, f"the certificate of {certificate.node} is not signed by join token {name}")
    if parse_time(certificate.issued) >= parse_time(token.expires):
        raise Refusal(Code.TOKEN_EXPIRED, f"join token {name} ended {token.expires}")
    _check_claims(certificate, token, name)


def _check_claims(certificate: NodeCertificate, token: JoinTokenRecord, name: str) -> None:
    for field in ("site", "region", "labels"):
        claimed, allowed = getattr(certificate, field), getattr(token, field)
        if claimed != allowed:
            raise Refusal(
                Code.CERTIFICATE_REFUSED, f"join token {name} vouches for {field} {allowed!r}, not {claimed!r}"
            )


def token_open(view: TrustView, name: str, now: datetime) -> None:
    """Whether a token admits new machines now. Raises Refusal with TokenUnknown, TokenClosed or TokenExpired."""
    token = view.tokens.get(name)
    if token is None:
        raise Refusal(Code.TOKEN_UNKNOWN, f"join token {name} is not listed in trust snapshot {view.version}")
    if name in view.body.closed_tokens:
        raise Refusal(Code.TOKEN_CLOSED, f"join token {name} is closed by the operator")
    if now >= parse_time(token.expires):
        raise Refusal(
            Code.TOKEN_EXPIRED, f"join token {name} ended {token.expires}: make another with `hardpan token create`"
        )


def operator_signature(text: str) -> Signature:
    """A root key's SSHSIG text as an envelope signature."""
    parsed = sshsig.parse(text)
    return Signature(parsed.key.key_id, sshsig.blob_of(text))
