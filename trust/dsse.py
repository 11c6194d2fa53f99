"""DSSE: what is signed is the type and the exact bytes, with lengths, so that nothing can be read in two ways.

Protocol: secure-systems-lab DSSE 1.0.2 (pre-authentication encoding and JSON envelope).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from trust.canonical import canonical_bytes, parse_object
from trust.errors import Code, NotCanonical, Refusal

LARGEST_ENVELOPE = 262_144
MOST_SIGNATURES = 16


def payload_type(what: str) -> str:
    """The media type of one of our payloads."""
    return f"application/vnd.hardpan.{what}.v1+json"


def pre_authentication_encoding(kind: str, body: bytes) -> bytes:
    """The bytes that are signed: `DSSEv1 <length> <type> <length> <body>`."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


@dataclass(frozen=True)
class Signature:
    """One signature: a hint which key to try, and its bytes (64 raw, or an SSHSIG blob)."""

    key_id: str
    value: bytes


@dataclass(frozen=True)
class Envelope:
    """A typed payload with its signatures. `payload` is what was signed, byte for byte."""

    kind: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What the signatures are over."""
        return pre_authentication_encoding(self.kind, self.payload)

    def to_json(self) -> bytes:
        """The envelope as canonical JSON."""
        signatures = [{"keyid": each.key_id, "sig": encode(each.value)} for each in self.signatures]
        return canonical_bytes({"payloadType": self.kind, "payload": encode(self.payload), "signatures": signatures})


def parse_envelope(data: bytes, kind: str) -> Envelope:
    """Parses an envelope of exactly this payload type.

    Raises Refusal with TooLarge, BadEncoding, BadType or UnknownField.
    """
    if len(data) > LARGEST_ENVELOPE:
        raise Refusal(Code.TOO_LARGE, f"an envelope of {len(data)} bytes is larger than {LARGEST_ENVELOPE}")
    try:
        fields = parse_object(data, LARGEST_ENVELOPE)
    except NotCanonical as error:
        raise Refusal(Code.BAD_ENCODING, f"the envelope is {error}") from None
    if set(fields) != {"payloadType", "payload", "signatures"}:
        raise Refusal(Code.UNKNOWN_FIELD, "an envelope has payloadType, payload and signatures and nothing else")
    if fields["payloadType"] != kind:
        raise Refusal(Code.BAD_TYPE, f"the payload type is {fields['payloadType']!r}, expected {kind!r}")
    return Envelope(kind, decode(fields["payload"]), _signatures(fields["signatures"]))


def _signatures(values: Any) -> tuple[Signature, ...]:
    if not isinstance(values, list) or not 1 <= len(values) <= MOST_SIGNATURES:
        raise Refusal(Code.BAD_ENCODING, f"an envelope carries 1 to {MOST_SIGNATURES} signatures")
    return tuple(_signature(each) for each in values)


def _signature(value: Any) -> Signature:
    if not isinstance(value, dict) or set(value) != {"keyid", "sig"} or not isinstance(value["keyid"], str):
        raise Refusal(Code.UNKNOWN_FIELD, "a signature has keyid and sig and nothing else")
    return Signature(value["keyid"], decode(value["sig"]))


def encode(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


def decode(text: Any) -> bytes:
    """Strict standard base64; Refusal(BadEncoding) for anything else, non-canonical padding bits included."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Refusal(Code.BAD_ENCODING, "not strict base64") from None
    if encode(data) != text:
        raise Refusal(Code.BAD_ENCODING, "not strict base64")
    return data
