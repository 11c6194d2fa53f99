"""A TPM's quote with damage: refused, or the one that the TPM made."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.mutate import altered, damaged
from tests.fuzz.target import Target
from tests.unit.trust.test_quote import CHALLENGE, GOOD
from trust.dsse import decode, encode
from trust.errors import Refusal
from trust.quote import open_quote
from trust.registration import Attestation

FIELDS = ("key", "statement", "signature")


@st.composite
def _near(draw: st.DrawFn) -> Any:
    field = draw(st.sampled_from(FIELDS))
    good = GOOD["attestation"]
    return {**good, field: encode(draw(damaged(decode(good[field]))))}


def check(wire: Any) -> None:
    """No other than the TPM's own words count."""
    try:
        quoted = open_quote(Attestation.from_wire(wire), CHALLENGE)
    except Refusal:
        return
    assert all(decode(wire[field]) == decode(GOOD["attestation"][field]) for field in FIELDS)
    assert (quoted.key, quoted.pcr11) == (GOOD["key"], GOOD["attestation"]["pcr11"])


TARGET = Target("quote", st.one_of(_near(), altered(GOOD["attestation"])), check)
