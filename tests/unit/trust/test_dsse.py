"""What is signed is type and bytes with lengths, and an envelope is read in one way only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trust.cases import cases
from tests.unit.trust.refused import refused
from trust.canonical import canonical_bytes
from trust.dsse import (
    LARGEST_ENVELOPE,
    MOST_SIGNATURES,
    Envelope,
    Signature,
    decode,
    encode,
    parse_envelope,
    payload_type,
    pre_authentication_encoding,
)
from trust.errors import Code

KIND = payload_type("deployment")
ENVELOPE = Envelope(KIND, b"{}", (Signature("SHA256:x", b"\x01\x02"),))


def altered(**changes: Any) -> bytes:
    """The envelope with fields changed, canonical all the same."""
    return canonical_bytes(json.loads(ENVELOPE.to_json()) | changes)


@pytest.mark.parametrize("case", cases("dsse.pre_authentication_encoding"))
def test_the_encoding_has_the_bytes_of_the_vector(case: dict[str, Any]) -> None:
    assert pre_authentication_encoding(case["type"], case["body"].encode()) == case["encoded"].encode()


@given(st.tuples(st.text(max_size=8), st.binary(max_size=8)), st.tuples(st.text(max_size=8), st.binary(max_size=8)))
def test_two_documents_never_share_an_encoding(one: tuple[str, bytes], other: tuple[str, bytes]) -> None:
    assume_text = [each.encode(errors="replace").decode() for each, _ in (one, other)]
    first = pre_authentication_encoding(assume_text[0], one[1])
    second = pre_authentication_encoding(assume_text[1], other[1])
    assert (first == second) == ((assume_text[0], one[1]) == (assume_text[1], other[1]))


def test_the_payload_type_names_what_it_is() -> None:
    assert KIND == "application/vnd.hardpan.deployment.v1+json"


def test_an_envelope_comes_back_as_it_was() -> None:
    assert parse_envelope(ENVELOPE.to_json(), KIND) == ENVELOPE


def test_an_envelope_of_another_type_is_refused_before_its_payload_is_read() -> None:
    with refused(Code.BAD_TYPE, "expected 'application/vnd.hardpan.job.v1+json'"):
        parse_envelope(altered(payload="!"), payload_type("job"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"extra": 1}, Code.UNKNOWN_FIELD),
        ({"signatures": []}, Code.BAD_ENCODING),
        ({"signatures": {}}, Code.BAD_ENCODING),
        ({"signatures": [{"keyid": "k", "sig": "AA=="}] * (MOST_SIGNATURES + 1)}, Code.BAD_ENCODING),
        ({"signatures": [{"keyid": "k", "sig": "AA==", "x": 1}]}, Code.UNKNOWN_FIELD),
        ({"signatures": [{"sig": "AA=="}]}, Code.UNKNOWN_FIELD),
        ({"signatures": [{"keyid": 1, "sig": "AA=="}]}, Code.UNKNOWN_FIELD),
        ({"signatures": ["AA=="]}, Code.UNKNOWN_FIELD),
        ({"signatures": [{"keyid": "k", "sig": 1}]}, Code.BAD_ENCODING),
        ({"payload": 1}, Code.BAD_ENCODING),
        ({"payload": "AB=="}, Code.BAD_ENCODING),
        ({"payload": "AA"}, Code.BAD_ENCODING),
        ({"payload": "AA\n=="}, Code.BAD_ENCODING),
        ({"payload": "_-=="}, Code.BAD_ENCODING),
        ({"payload": "é"}, Code.BAD_ENCODING),
    ],
)
def test_an_envelope_that_is_not_exactly_one_is_refused(changes: dict[str, Any], code: Code) -> None:
    with refused(code):
        parse_envelope(altered(**changes), KIND)


def test_a_missing_field_is_refused() -> None:
    with refused(Code.UNKNOWN_FIELD):
        parse_envelope(canonical_bytes({"payload": "", "payloadType": KIND}), KIND)


def test_an_envelope_in_another_spelling_is_refused() -> None:
    with refused(Code.BAD_ENCODING, "canonical"):
        parse_envelope(ENVELOPE.to_json() + b"\n", KIND)


def test_an_envelope_too_large_is_refused_before_it_is_read() -> None:
    with refused(Code.TOO_LARGE):
        parse_envelope(b"\xff" * (LARGEST_ENVELOPE + 1), KIND)


def test_an_envelope_may_be_as_large_as_allowed() -> None:
    padding = LARGEST_ENVELOPE - len(ENVELOPE.to_json())
    largest = Envelope(KIND, b"{}", (Signature("SHA256:x" + "x" * padding, b"\x01\x02"),))
    assert len(largest.to_json()) == LARGEST_ENVELOPE
    assert parse_envelope(largest.to_json(), KIND) == largest


def test_as_many_signatures_as_allowed_are_read() -> None:
    many = Envelope(KIND, b"", ENVELOPE.signatures * MOST_SIGNATURES)
    assert parse_envelope(many.to_json(), KIND) == many


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data: bytes) -> None:
    assert decode(encode(data)) == data
