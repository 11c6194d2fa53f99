"""Inputs that are nearly right: good bytes with a little damage, and good JSON with one thing in it changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

NASTY = [
    "", "\x00", "\x1b[2J", "\n", "‮", "е", "web-０", "../..", "*", "{}", "'", '"', "x" * 300, "ﬀ", "\ud7ff",
    "-----BEGIN SSH SIGNATURE-----", "sha256:", "n-" + "a" * 26,
]  # fmt: skip
NUMBERS = [0, -1, 1, 2**31, 2**53 - 1, 2**53, -(2**53), 2**63, 10**30, True, False]

texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
scalars = st.one_of(texts, st.sampled_from(NUMBERS), st.integers(), st.booleans(), st.none(), st.floats())
values = st.recursive(
    scalars, lambda each: st.lists(each, max_size=4) | st.dictionaries(texts, each, max_size=4), max_leaves=8
)


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """Good bytes with up to four places changed, put in, taken out, doubled or cut."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.sampled_from([1, 1, 1, 2, 4, 16, 200]))
        match draw(st.integers(0, 5)):
            case 0 if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 1:
                data[at:at] = draw(st.binary(min_size=1, max_size=8))
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                del data[at:]
            case _:
                data[at : at + length] = draw(st.sampled_from([b"\xff" * 4, b"\x00" * 4, b"{", b"[", b"\\u0000"]))
    return bytes(data)


@st.composite
def altered(draw: st.DrawFn, good: Any) -> Any:
    """A good JSON value in which one to three places hold something else, are missing, or have company."""
    value = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(value))
        if not places:
            return draw(values)
        holder, key = draw(st.sampled_from(places))
        match draw(st.integers(0, 3)):
            case 0 if isinstance(holder, dict):
                holder[draw(texts)] = draw(values)
            case 1 if isinstance(holder, dict):
                del holder[key]
            case 2 if isinstance(holder[key], str):
                holder[key] = draw(st.one_of(st.just(holder[key] + draw(texts)), st.just(holder[key][1:])))
            case _:
                holder[key] = draw(values)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def spelled(value: Any) -> bytes:
    """JSON as anybody writes it, with what our own would refuse."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(errors="surrogatepass")
