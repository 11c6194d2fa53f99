"""Canonical JSON against the standard library: what is read is the one spelling of its value, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.mutate import damaged, spelled, values
from tests.fuzz.target import Target
from tests.unit.trust import world
from trust.canonical import DEEPEST, LARGEST_INTEGER, canonical_bytes, parse_canonical
from trust.errors import NotCanonical

GOOD = [world.body(), world.root_document(), b'{"a":[1,true,"x"],"b":{}}', b"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"]


def accepted_by_the_book(data: bytes) -> bool:
    """The rules of DESIGN section 4, told without our parser."""
    try:
        value = json.loads(data)
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return False
    return again == data and _allowed(value, 0)


def _allowed(value: Any, depth: int) -> bool:
    if isinstance(value, bool | str):
        return True
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    if isinstance(value, list | dict):
        inner = list(value.values()) if isinstance(value, dict) else value
        return depth < DEEPEST and all(_allowed(each, depth + 1) for each in inner)
    return False


def check(data: bytes) -> None:
    """Read exactly when the book says so, and then as the same value."""
    try:
        value = parse_canonical(data)
    except NotCanonical as error:
        assert not accepted_by_the_book(data), f"refused although it is canonical: {error}"
        return
    assert accepted_by_the_book(data), "accepted although the book refuses it"
    assert value == json.loads(data)
    assert canonical_bytes(value) == data


def write(value: Any) -> None:
    """What is written is read again as it was."""
    try:
        data = canonical_bytes(value)
    except NotCanonical:
        return
    assert parse_canonical(data) == value


READ = Target(
    "canonical",
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from(GOOD).flatmap(damaged),
        values.map(spelled),
        values.map(spelled).flatmap(damaged),
        st.integers(1, 200_000).map(lambda depth: b"[" * depth),
        st.integers(1, 20_000).map(lambda digits: b"9" * digits),
    ),
    check,
)
WRITE = Target("canonical-written", values, write)
