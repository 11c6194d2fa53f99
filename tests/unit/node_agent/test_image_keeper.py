"""The image store keeps what machines need and what was used a short while ago, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.executor.image_keeper import KEPT_SECONDS, KEPT_SECONDS_WHEN_FULL, LOOK_SECONDS, ImageKeeper
from node_agent.executor.machine import reach
from tests.unit.node_agent.build import World, machine

OTHER, NEEDED = "b" * 64, "a" * 64


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A node whose one machine needs one of two images; both were used now."""
    made = World(tmp_path)
    reach(machine(), made.tools)
    made.host.images.add(OTHER)
    made.host.image_used = dict.fromkeys((NEEDED, OTHER), made.clock.now().timestamp())
    return made


@pytest.mark.parametrize(("full", "kept"), [(0.5, KEPT_SECONDS), (0.9, KEPT_SECONDS_WHEN_FULL)])
def test_an_image_that_no_machine_needs_goes_after_its_time(world: World, full: float, kept: float) -> None:
    world.host.full = full
    keeper = ImageKeeper(world.tools)
    world.clock.advance(kept - LOOK_SECONDS)
    keeper.pass_once()
    assert world.host.images == {NEEDED, OTHER}
    world.clock.advance(2 * LOOK_SECONDS)
    keeper.pass_once()
    assert world.host.images == {NEEDED}


def test_the_store_is_looked_at_once_a_minute(world: World) -> None:
    keeper = ImageKeeper(world.tools)
    keeper.pass_once()
    world.host.image_used[OTHER] = 0.0
    keeper.pass_once()
    assert OTHER in world.host.images
