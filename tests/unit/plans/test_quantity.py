"""An amount has one meaning, or is refused with what was given and how to write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.quantity import LARGEST, UNITS, format_quantity, parse_quantity

FORM = 'write a whole number with Ki, Mi, Gi, Ti, like "2Gi"'


@pytest.mark.parametrize(
    ("given_", "amount"),
    [("1Ki", 1024), ("512Mi", 512 << 20), ("2Gi", 2 << 30), ("1024Ti", 1 << 50), ("1048576Ki", 1 << 30), (1, 1)],
)
def test_amounts_are_bytes(given_: object, amount: int) -> None:
    assert parse_quantity(given_, "size") == amount


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        (0, "size is 0: it must be above zero"),
        (-1, "size is -1: it must be above zero"),
        ("0Gi", "size is 0Gi: it must be above zero"),
        ("-2Gi", "size is -2Gi: it must be above zero"),
        ("1025Ti", "size is 1025Ti: more than 1024Ti cannot be meant"),
        ("9999999999Ti", "more than 1024Ti cannot be meant"),
        (LARGEST + 1, "more than 1024Ti cannot be meant"),
        (2**63, "more than 1024Ti cannot be meant"),
        ("99999999999Ki", f'size is "99999999999Ki": {FORM}'),
        ("2", f'size is "2": {FORM}'),
        ("2G", f'size is "2G": {FORM}'),
        ("2GB", f'size is "2GB": {FORM}'),
        ("2GiB", f'size is "2GiB": {FORM}'),
        ("2gi", f'size is "2gi": {FORM}'),
        ("2 Gi", f'size is "2 Gi": {FORM}'),
        (" 2Gi", FORM),
        ("2Gi\n", FORM),
        ("+2Gi", FORM),
        ("02Gi", FORM),
        ("-0Gi", FORM),
        ("1.5Gi", FORM),
        ("1e3Mi", FORM),
        ("0x10Mi", FORM),
        ("1_000Mi", FORM),
        ("Gi", FORM),
        ("", f'size is "": {FORM}'),
        ("２Gi", f'size is "２Gi" (in it, ２ is FULLWIDTH DIGIT TWO): {FORM}'),
        ("٢Gi", f'size is "٢Gi" (in it, ٢ is ARABIC-INDIC DIGIT TWO): {FORM}'),
        ("2Gі", f'size is "2Gі" (in it, і is CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I): {FORM}'),
        ("2\u212ai", f'size is "2\u212ai" (in it, \u212a is KELVIN SIGN): {FORM}'),
        ("²Gi", "SUPERSCRIPT TWO"),
        ("2\u200bGi", "ZERO WIDTH SPACE"),
        (True, 'size is true: write it like "2Gi", or as a whole number of bytes'),
        (None, "size is (): write it like"),
        ([1], "size is [1]: write it like"),
        ({"Gi": 2}, "size is #{ Gi: 2 }: write it like"),
        (1.5, "size is 1.5: write it like"),
    ],
)
def test_what_is_no_amount_is_refused(given_: object, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_quantity(given_, "size")
    assert says in str(caught.value)


def test_a_huge_text_is_not_repeated() -> None:
    with pytest.raises(ValueError) as caught:
        parse_quantity("9" * 60_000, "size")
    assert len(str(caught.value)) < 200


@given(st.integers(1, LARGEST))
def test_an_amount_is_read_as_it_was_written(amount: int) -> None:
    text = format_quantity(amount)
    assert parse_quantity(int(text) if text.isdecimal() else text, "size") == amount


@given(st.text(max_size=8))
def test_only_ascii_in_the_one_form_is_an_amount(text: str) -> None:
    try:
        amount = parse_quantity(text, "size")
    except ValueError:
        return
    number, unit = text[:-2], text[-2:]
    assert amount == int(number) * UNITS[unit]
    assert number.isascii()
    assert number == str(int(number))


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0"), (1, "1"), (1 << 30, "1Gi"), (1536 << 20, "1536Mi"), (1025, "1025")]
)
def test_the_shortest_exact_spelling(amount: int, text: str) -> None:
    assert format_quantity(amount) == text
