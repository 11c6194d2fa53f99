"""Signatures of people: what ssh-keygen and FIDO keys make is accepted in exactly the form that says what it is."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trust.cases import cases
from tests.unit.trust.refused import refused
from trust.dsse import decode, pre_authentication_encoding
from trust.errors import Code, Refusal
from trust.keys import SigningKey, parse_user_key
from trust.sshsig import blob_of, encode_bytes, message_to_sign, parse, sign_with_seed, verify

SEED = bytes(range(32))
VALID = {case.id: case.values[0] for case in cases("sshsig.verify", "keyID")}


@pytest.mark.parametrize("case", cases("sshsig.verify", "keyID"))
def test_a_good_signature_names_its_key(case: dict[str, Any]) -> None:
    key = verify(case["signature"], case["message"].encode())
    assert key.key_id == case["keyID"]
    assert "line" not in case or key == parse_user_key(case["line"])


@pytest.mark.parametrize("case", cases("sshsig.verify", "code"))
def test_a_signature_that_is_not_good_is_refused(case: dict[str, Any]) -> None:
    with refused(Code(case["code"]), case["says"]):
        verify(case["signature"], case["message"].encode())


@pytest.mark.parametrize("case", cases("sshsig.message_to_sign"))
def test_what_a_key_signs_has_the_bytes_of_the_vector(case: dict[str, Any]) -> None:
    key = SigningKey(bytes.fromhex(case["seed"]))
    message = pre_authentication_encoding(case["type"], case["body"].encode())
    wrapped = message_to_sign(message, case["hash"], case["namespace"])
    assert key.sign(message) == decode(case["raw"])
    assert key.sign(wrapped) == decode(case["signature"])
    assert len(wrapped) == 110


def test_what_we_sign_is_what_we_accept() -> None:
    assert verify(sign_with_seed(SEED, b"x"), b"x").public == SigningKey(SEED).public


@pytest.mark.parametrize("name", sorted(VALID))
def test_no_bit_of_a_signature_can_be_changed(name: str) -> None:
    case = VALID[name]
    blob = blob_of(case["signature"])
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refusal):
            verify(encode_bytes(bytes(changed)), case["message"].encode())


@given(st.integers(0, 8 * 40 - 1))
def test_no_bit_of_the_message_can_be_changed(bit: int) -> None:
    message = hashlib.sha256(b"x").digest() + bytes(8)
    changed = bytearray(message)
    changed[bit // 8] ^= 1 << bit % 8
    with refused(Code.BAD_SIGNATURE):
        verify(sign_with_seed(SEED, message), bytes(changed))


@given(st.binary(max_size=120))
def test_any_bytes_are_a_signature_or_a_refusal(data: bytes) -> None:
    for text in (base64.b64encode(data).decode(), base64.b64encode(b"SSHSIG\0\0\0\1" + data).decode()):
        with pytest.raises(Refusal):
            parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_signature_or_a_refusal(text: str) -> None:
    for each in (text, f"-----BEGIN SSH SIGNATURE-----{text}-----END SSH SIGNATURE-----"):
        with pytest.raises(Refusal):
            parse(each)


@pytest.mark.parametrize("filling", [" ", "A", "A ", "\n"])
def test_armour_without_an_end_costs_no_time(filling: str) -> None:
    text = ("-----BEGIN SSH SIGNATURE-----" + filling * 4096)[:4096]
    begun = time.perf_counter()
    with refused(Code.BAD_ENCODING):
        parse(text)
    assert time.perf_counter() - begun < 0.2
