"""Names on the host: what is not one never becomes part of a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sal.errors import Refused
from sal.names import below, host_name, sha256


@given(st.text(max_size=70))
def test_a_checked_name_stays_below_its_folder(text: str) -> None:
    try:
        path = below(Path("/pool/@volumes"), text)
    except Refused:
        return
    assert path.parent == Path("/pool/@volumes")
    assert path.name == text == text.lower()
    assert path.name not in (".", "..")


@given(st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,62}\Z"))
def test_names_of_ours_are_taken_as_they_are(name: str) -> None:
    assert host_name(name) == name


@pytest.mark.parametrize("name", ["", "a/b", "../a", "a\n", "A", "a b", "-a", ".a", "a..b", "a" * 64, "ａ", "a\x00"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Refused, match="is no host name"):
        host_name(name)


@pytest.mark.parametrize("text", ["a" * 64, "0123456789abcdef" * 4])
def test_a_digest_is_64_hexadecimal_digits(text: str) -> None:
    assert sha256(text) == text
    for wrong in (text[1:], f"{text}0", text.upper() + "\n", f"{text}\n", "g" * 64, "٠" * 64):
        with pytest.raises(Refused, match="is no SHA-256"):
            sha256(wrong)
