"""A removed volume is kept for its signed term of powered-on time, then gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.executor.bin import DAY_SECONDS, BinKeeper, BinTable, count_down, volume_of
from node_agent.executor.verbs import volume_absent, volume_ensure
from tests.unit.node_agent.build import World, absent, ensure, volume


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A node with one volume in its bin, for seven days."""
    made = World(tmp_path)
    volume_ensure.perform(ensure(volume()), made.tools)
    volume_absent.perform(absent(volume()), made.tools)
    return made


def powered_on(world: World, days: float) -> None:
    """Lets the keeper look before and after some powered-on time."""
    keeper = BinKeeper(world.tools)
    keeper.pass_once()
    world.clock.advance(days * DAY_SECONDS)
    keeper.pass_once()


def test_a_volume_stays_in_the_bin_for_its_term_over_restarts(world: World) -> None:
    for _ in range(3):
        powered_on(world, 2)
        world.restart()
    assert len(world.host.bin) == 1
    powered_on(world, 1.1)
    assert world.host.bin == {}
    assert BinTable(world.tools.store).left() == {}


def test_time_without_power_does_not_count(world: World) -> None:
    powered_on(world, 1)
    world.restart()
    world.clock.moment = world.clock.moment.replace(year=2030)
    BinKeeper(world.tools).pass_once()
    assert len(world.host.bin) == 1


def test_what_was_restored_is_not_removed_when_the_term_ends(world: World) -> None:
    powered_on(world, 6)
    volume_ensure.perform(ensure(volume()), world.tools)
    powered_on(world, 6)
    assert len(world.host.volumes) == 1
    volume_absent.perform(absent(volume()), world.tools)
    powered_on(world, 6)
    assert len(world.host.bin) == 1


def test_the_term_of_a_volume_that_came_back_and_was_destroyed_is_forgotten(world: World) -> None:
    volume_ensure.perform(ensure(volume()), world.tools)
    BinKeeper(world.tools).pass_once()
    assert len(BinTable(world.tools.store).promised()) == 1
    world.host.volumes.clear()
    BinKeeper(world.tools).pass_once()
    assert BinTable(world.tools.store).promised() == frozenset()


def test_a_term_that_was_promised_just_before_the_look_still_counts(world: World) -> None:
    (entry,) = world.host.bin
    volume_ensure.perform(ensure(volume()), world.tools)
    BinTable(world.tools.store).promise(volume_of(entry), 3)
    BinKeeper(world.tools).pass_once()
    assert BinTable(world.tools.store).term(entry) == 3 * DAY_SECONDS


def test_an_entry_that_nobody_noted_gets_a_full_term(world: World) -> None:
    world.host.bin["v-unknown.000001"] = 1
    powered_on(world, 6.9)
    assert len(world.host.bin) == 2


def test_counting_down_is_pure() -> None:
    assert count_down({"a": 10.0, "gone": 5.0}, {"a": 99.0, "new": 7.0}, 4.0) == {"a": 6.0, "new": 7.0}
