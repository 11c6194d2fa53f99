"""A value has one byte form, and no other spelling of it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trust.cases import cases
from trust.canonical import (
    LARGEST_INTEGER,
    _is_plain,
    _parse_closely,
    canonical_bytes,
    checked,
    parse_canonical,
    parse_object,
)
from trust.errors import NotCanonical

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
integers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
values = st.recursive(
    st.booleans() | integers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
)


def data_of(case: dict[str, Any]) -> bytes:
    """The bytes of a case, given as text or in hex."""
    return bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()


@pytest.mark.parametrize("case", cases("canonical.parse_canonical", "value"))
def test_what_is_canonical_is_read_and_written_alike(case: dict[str, Any]) -> None:
    assert parse_canonical(data_of(case)) == case["value"]
    assert canonical_bytes(case["value"]) == data_of(case)


@pytest.mark.parametrize("case", cases("canonical.parse_canonical", "refused"))
def test_what_is_not_canonical_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical) as caught:
        parse_canonical(data_of(case))
    assert case["refused"] in str(caught.value)


def test_a_hundred_thousand_levels_are_refused_and_harm_nothing() -> None:
    with pytest.raises(NotCanonical, match="16 levels"):
        parse_canonical(b"[" * 100_000 + b"]" * 100_000)


def test_booleans_and_integers_stay_apart() -> None:
    assert [type(each) for each in parse_canonical(b"[true,1]")] == [bool, int]  # type: ignore[union-attr]


def test_the_limit_is_exact_and_is_asked_before_parsing() -> None:
    assert parse_canonical(b'"aa"', limit=4) == "aa"
    with pytest.raises(NotCanonical, match="5 bytes are more than the 4"):
        parse_canonical(b"\xff" * 5, limit=4)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"spec": {"a": None}}, "spec.a is null"),
        ({"spec": [1, 2.5]}, r"spec\[1\] is a number with a fraction"),
        ({"n": 2**53}, r"n is beyond ±\(2\^53−1\): write it as a string"),
        ({"b": b"x"}, "b is a bytes"),
        ({1: "x"}, "key 1: keys are strings"),
        ("\ud800", "the value holds a lone surrogate"),
        ({"\udfff": 1}, "lone surrogate"),
        (float("nan"), "a number with a fraction"),
        ({1, 2}, "a set"),
    ],
)
def test_a_value_without_a_form_is_told_with_its_place(value: object, says: str) -> None:
    with pytest.raises(NotCanonical, match=says):
        canonical_bytes(value)


@pytest.mark.parametrize("data", [b"[]", b"1", b'"x"', b"true"])
def test_an_object_is_a_map(data: bytes) -> None:
    with pytest.raises(NotCanonical, match="expected a map"):
        parse_object(data)


@given(values)
def test_every_value_comes_back(value: Any) -> None:
    assert parse_canonical(canonical_bytes(value)) == value


@given(st.dictionaries(text, values, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert canonical_bytes({key: value[key] for key in keys}) == canonical_bytes(value)


@given(values, st.sampled_from([{"indent": 1}, {"ensure_ascii": True}, {"separators": (", ", ": ")}]))
def test_another_spelling_of_a_value_is_read_only_when_it_is_the_same_bytes(value: Any, style: dict[str, Any]) -> None:
    standing: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True}
    other = json.dumps(value, **standing | style).encode()
    if other == canonical_bytes(value):
        assert parse_canonical(other) == value
    else:
        with pytest.raises(NotCanonical):
            parse_canonical(other)


@given(st.binary(max_size=40) | st.text('{}[]",:0123456789-eE.truefalsn\\u ', max_size=30).map(str.encode))
def test_whatever_is_read_is_the_canonical_form_of_what_was_read(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except NotCanonical:
        return
    assert canonical_bytes(value) == data


odd = st.none() | st.floats() | st.integers() | st.text(max_size=3) | st.just("\ud800") | st.just((1, 2))
odd_values = st.recursive(
    odd | st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd, inner, max_size=3)
)


@given(odd_values)
def test_what_is_plain_is_what_the_closer_look_gives_back(value: Any) -> None:
    if _is_plain(value):
        assert json.dumps(checked(value), sort_keys=True) == json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("deep", [16, 17])
def test_the_quick_look_ends_at_the_same_depth(deep: int) -> None:
    nested: Any = "x"
    for _ in range(deep):
        nested = [nested]
    assert _is_plain(nested) is (deep == 16)


@given(odd_values)
def test_the_quick_way_of_reading_gives_what_the_close_one_gives(value: Any) -> None:
    try:
        data = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (TypeError, ValueError):
        return
    found = []
    for read in (parse_canonical, _parse_closely):
        try:
            found.append(read(data))
        except NotCanonical as error:
            found.append(str(error))
    assert found[0] == found[1]
