"""The revision guard: numbers only rise, and one number has one content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trust.refused import refused
from trust.errors import Code, Refusal
from trust.revision import Mark, guard

MARK = Mark(7, "sha256:a")


def test_the_first_revision_is_new() -> None:
    assert guard(None, 1, "sha256:a") == "new"


def test_a_higher_revision_is_new() -> None:
    assert guard(MARK, 8, "sha256:b") == "new"


def test_the_accepted_revision_is_the_same() -> None:
    assert guard(MARK, 7, "sha256:a") == "same"


def test_an_older_revision_is_refused() -> None:
    with refused(Code.REVISION_TOO_OLD, "6 is older than 7", "spec.revision"):
        guard(MARK, 6, "sha256:a")


def test_one_number_has_one_content() -> None:
    with refused(Code.REVISION_CONFLICT, "Sign a higher one: kubectl hardpan sign", "spec.revision"):
        guard(MARK, 7, "sha256:b")


def test_a_floor_refuses_what_is_below_it_also_the_accepted_one() -> None:
    assert guard(None, 9, "sha256:a", floor=9) == "new"
    for mark in (None, MARK):
        with refused(Code.REVISION_TOO_OLD, "older than 9"):
            guard(mark, 7, "sha256:a", floor=9)


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from("ab")), max_size=30), st.integers(0, 4))
def test_whatever_comes_the_mark_never_falls_and_never_changes_content(
    offers: list[tuple[int, str]], floor: int
) -> None:
    mark: Mark | None = None
    seen: dict[int, str] = {}
    for revision, content in offers:
        try:
            verdict = guard(mark, revision, content, floor)
        except Refusal:
            continue
        assert revision >= max(mark.revision if mark else 0, floor)
        assert seen.setdefault(revision, content) == content
        assert (verdict == "same") == (mark is not None and mark.revision == revision)
        mark = Mark(revision, content)


@pytest.mark.parametrize("floor", [0, 7])
def test_a_floor_at_the_mark_changes_nothing(floor: int) -> None:
    assert guard(MARK, 7, "sha256:a", floor) == "same"
