"""An amount in a list is short, and never more than there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.ledger.summary import rounded
from plans.quantity import UNITS


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "0"), (1023, "1023"), (1024, "1Ki"), (1536, "1.5Ki"), (512 << 30, "512Gi"), (16_710_107_136, "15.5Gi"),
        ((1 << 40) - 1, "1023Gi"), (1 << 40, "1Ti"),
    ],
)  # fmt: skip
def test_an_amount_is_rounded_down(amount: int, shown: str) -> None:
    assert rounded(amount) == shown


@given(st.integers(0, (1 << 50) - 1))
def test_it_is_short_and_never_too_much(amount: int) -> None:
    shown = rounded(amount)
    factor = UNITS.get(shown[-2:], 1)
    meant = float(shown.removesuffix(shown[-2:])) * factor if factor > 1 else float(shown)
    assert len(shown) <= 6
    assert meant <= amount
    assert amount - meant <= max(factor / 10, meant / 100)
