"""The door: so many connections in all, so many of one network, and who leaves makes room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.serving.door import Door


def test_one_network_leaves_room_for_another() -> None:
    door = Door(most=3, each=2)
    assert [door.enter(f"10.0.0.{number}") for number in range(3)] == [True, True, False]
    assert door.enter("10.0.1.1")
    assert not door.enter("10.0.2.1"), "all places are taken"


def test_who_leaves_makes_room() -> None:
    door = Door(most=1, each=1)
    assert door.enter("fd00::1")
    door.leave("fd00::2")
    assert door.enter("fd00::3"), "an address of the same /64 left"


@pytest.mark.parametrize("most", [1, 5])
@given(moves=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=60))
def test_never_more_are_inside_than_fit(most: int, moves: list[tuple[bool, int]]) -> None:
    door, inside = Door(most, 2), [0] * 4
    for enters, network in moves:
        address = f"10.0.{network}.1"
        if enters:
            inside[network] += door.enter(address)
        elif inside[network]:
            door.leave(address)
            inside[network] -= 1
        assert sum(inside) <= most
        assert max(inside) <= 2
    assert door.inside == sum(inside)
