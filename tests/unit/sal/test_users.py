"""Programs in which strangers' guests live share no user, and are nobody who is there already."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sal import users
from sal.users import FIRST, MANY, own_user, users_of_processes

NAMES = some.text(min_size=1, max_size=30)


@given(NAMES, some.integers(min_value=0, max_value=50))
def test_a_user_that_is_taken_is_passed_over(name: str, many: int) -> None:
    taken: set[int] = set()
    for _ in range(many + 1):
        found = own_user(name, taken)
        assert found not in taken
        assert FIRST <= found < FIRST + MANY
        taken.add(found)


def test_after_the_last_comes_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "MANY", 4)
    taken: list[int] = []
    while len(taken) < 4:
        taken.append(own_user("m-x", taken))
    assert sorted(taken) == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]


def test_the_user_of_this_process_is_one_of_those_that_are_there() -> None:
    assert os.geteuid() in users_of_processes()
