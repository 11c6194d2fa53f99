"""Keys of people and machines: their names, what is refused as a key, and boxes that only one key opens."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trust.cases import cases
from trust.errors import BadKey
from trust.keys import BoxKey, SigningKey, check_public, node_id, parse_user_key, seal, tenant_id, verify_raw

SEED = bytes(range(32))
PUBLIC = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
IDENTITY = bytes([1]) + bytes(31)


@pytest.mark.parametrize("case", cases("keys.parse_user_key", "keyID"))
def test_a_public_key_has_the_id_that_ssh_keygen_prints(case: dict[str, Any]) -> None:
    key = parse_user_key(case["line"])
    assert key.key_id == case["keyID"]
    assert key.line == " ".join(case["line"].split(" ")[:2])


@pytest.mark.parametrize("case", cases("keys.parse_user_key", "refused"))
def test_what_is_no_key_that_counts_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(BadKey) as caught:
        parse_user_key(case["line"])
    assert case["refused"] in str(caught.value)


def test_a_machine_s_key_is_its_seed() -> None:
    key = SigningKey(SEED)
    assert (key.seed, key.public) == (SEED, PUBLIC)
    assert SigningKey.generate().seed != SigningKey.generate().seed


def test_a_node_is_named_by_its_key() -> None:
    assert node_id(PUBLIC) == "n-kzdvvj2umnduyauf35o36k6kw4"


def test_a_tenant_s_id_is_26_letters_and_digits_of_base32() -> None:
    assert tenant_id(bytes(32)) == "t-" + "a" * 26


@given(st.binary(max_size=64), st.integers(0, 511), st.binary(max_size=4))
def test_a_signature_fits_its_message_only(message: bytes, bit: int, tail: bytes) -> None:
    signature = SigningKey(SEED).sign(message)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert verify_raw(PUBLIC, message, signature)
    assert not verify_raw(PUBLIC, message, bytes(changed))
    assert not verify_raw(PUBLIC, message + b"x" + tail, signature)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65), bytes(128)])
def test_a_signature_of_another_length_is_none(signature: bytes) -> None:
    assert not verify_raw(PUBLIC, b"", signature)


def test_nobody_signs_for_a_degenerate_key() -> None:
    assert not any(verify_raw(IDENTITY, b"%d" % each, IDENTITY + bytes(32)) for each in range(64))
    with pytest.raises(BadKey, match="anybody could sign for it"):
        check_public(IDENTITY)


def test_a_key_of_mixed_order_is_refused() -> None:
    with pytest.raises(BadKey, match="degenerate"):
        check_public(bytes.fromhex("cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"))


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_has_32_bytes(seed: bytes) -> None:
    with pytest.raises(BadKey, match="32 bytes"):
        SigningKey(seed)
    with pytest.raises(BadKey, match="32 bytes"):
        BoxKey(seed)


@given(st.binary(max_size=200))
def test_a_box_opens_for_the_key_it_was_sealed_to(data: bytes) -> None:
    key = BoxKey(SEED)
    sealed = seal(key.public, data)
    assert len(sealed) == len(data) + 48
    assert key.open(sealed) == data
    assert BoxKey(key.seed).open(sealed) == data


def test_a_box_stays_shut_for_others_and_when_damaged() -> None:
    key, other = BoxKey(SEED), BoxKey.generate()
    sealed = seal(key.public, b"secret")
    for holder, box in ((other, sealed), (key, sealed[:-1]), (key, b""), (key, sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(BadKey, match="not sealed to this key"):
            holder.open(box)


@pytest.mark.parametrize("public", [bytes(32), IDENTITY, bytes(31), b""])
def test_nothing_is_sealed_to_a_key_that_anybody_holds(public: bytes) -> None:
    with pytest.raises(BadKey, match="nothing can be sealed"):
        seal(public, b"secret")


def test_a_key_line_is_strict_base64() -> None:
    line = parse_user_key(f"ssh-ed25519 {base64.b64encode(parse_user_key_blob()).decode()}").line
    with pytest.raises(BadKey, match="not base64"):
        parse_user_key(line + "\n")


def parse_user_key_blob() -> bytes:
    """The wire form of the reference key."""
    return b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + PUBLIC
