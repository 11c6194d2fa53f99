"""What a TPM says counts as it said it, over this challenge, by a key that signs nothing else (cases: by swtpm)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trust.cases import cases
from tests.unit.trust.refused import refused
from trust.dsse import decode, encode
from trust.errors import Code, Refusal
from trust.quote import open_quote
from trust.registration import Attestation, attestation_challenge

GOOD: dict[str, Any] = next(case.values[0] for case in cases("quote.open_quote", "key"))
CHALLENGE = bytes.fromhex(GOOD["challenge"])


@pytest.mark.parametrize("case", cases("quote.open_quote", "key"))
def test_a_quote_names_its_key_and_what_was_started(case: dict[str, Any]) -> None:
    quoted = open_quote(Attestation.from_wire(case["attestation"]), CHALLENGE)
    assert quoted.key == case["key"]
    assert (quoted.pcr7, quoted.pcr11) == (case["attestation"]["pcr7"], case["attestation"]["pcr11"])


@pytest.mark.parametrize("case", cases("quote.open_quote", "code"))
def test_a_quote_that_is_not_good_is_refused(case: dict[str, Any]) -> None:
    with refused(Code(case["code"]), case["says"]):
        open_quote(Attestation.from_wire(case["attestation"]), bytes.fromhex(case["challenge"]))


@pytest.mark.parametrize("field", ["key", "statement", "signature"])
def test_no_bit_of_a_quote_can_be_changed(field: str) -> None:
    good = decode(GOOD["attestation"][field])
    for at in range(len(good) * 8):
        changed = bytearray(good)
        changed[at // 8] ^= 1 << at % 8
        claim = Attestation.from_wire({**GOOD["attestation"], field: encode(bytes(changed))})
        with pytest.raises(Refusal):
            open_quote(claim, CHALLENGE)


@given(st.binary(max_size=300), st.sampled_from(["key", "statement", "signature"]))
def test_whatever_comes_instead_is_refused(data: bytes, field: str) -> None:
    claim = Attestation.from_wire({**GOOD["attestation"], field: encode(data)})
    with pytest.raises(Refusal):
        open_quote(claim, CHALLENGE)


def test_a_longer_field_is_not_even_looked_at() -> None:
    with refused(Code.BAD_ENCODING, "512"):
        Attestation.from_wire({**GOOD["attestation"], "statement": "A" * 516})


def test_the_challenge_is_for_one_cluster_one_node_and_one_nonce() -> None:
    ours = ("sha256:" + "a" * 64, "n-" + "a" * 26, "nonce")
    others = [("sha256:" + "b" * 64, *ours[1:]), (ours[0], "n-" + "b" * 26, ours[2]), (*ours[:2], "another")]
    assert attestation_challenge(*ours) == CHALLENGE
    assert len({attestation_challenge(*each) for each in (ours, *others)}) == 4
