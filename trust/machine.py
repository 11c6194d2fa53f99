"""Envelopes that machines sign: raw Ed25519 over the DSSE encoding, by a node or a supervisor."""

from __future__ import annotations

from typing import TypeVar

from trust.dsse import Envelope, Signature, parse_envelope
from trust.errors import Code, Refusal
from trust.keys import SigningKey, verify_raw
from trust.part import Signed

Body = TypeVar("Body", bound=Signed)


def sign(kind: str, body: bytes, key: SigningKey, key_id: str) -> bytes:
    """The envelope of a body with one raw signature, as JSON."""
    unsigned = Envelope(kind, body, ())
    return Envelope(kind, body, (Signature(key_id, key.sign(unsigned.signed_bytes)),)).to_json()


def open_signed(data: bytes, kind: str, model: type[Body], public: bytes) -> Body:
    """The body, when exactly one signature is there and this key made it. Raises Refusal."""
    envelope = parse_envelope(data, kind)
    if len(envelope.signatures) != 1 or not verify_raw(public, envelope.signed_bytes, envelope.signatures[0].value):
        raise Refusal(Code.BAD_SIGNATURE, f"the {model.__name__} is not signed by the key that it must be signed by")
    return model.parse(envelope.payload)


def peek(data: bytes, kind: str, model: type[Body]) -> Body:
    """The body before its signature is checked: only to learn whose key to check it with."""
    return model.parse(parse_envelope(data, kind).payload)
