"""What volume.ensure and volume.absent do."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.errors import StepFailed
from node_agent.executor.verbs import machine_ensure, volume_absent, volume_ensure
from node_agent.testing import Crash
from tests.unit.node_agent.build import MIB, World, absent, ensure, machine, uses, volume


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A node that keeps nothing yet."""
    return World(tmp_path)


def test_a_volume_is_made_once(world: World) -> None:
    assert volume_ensure.perform(ensure(volume()), world.tools)
    assert not volume_ensure.perform(ensure(volume()), world.tools)
    assert world.host.effects == [("create", volume().host_name)]


def test_a_volume_grows(world: World) -> None:
    volume_ensure.perform(ensure(volume()), world.tools)
    volume_ensure.perform(ensure(volume(size=128 * MIB)), world.tools)
    assert world.host.volumes == {volume().host_name: 128 * MIB}


def test_a_running_guest_is_told_that_its_volume_grew_also_after_a_crash_in_between(world: World) -> None:
    volume_ensure.perform(ensure(volume()), world.tools)
    machine_ensure.perform(ensure(machine(volumes=uses("data-0"))), world.tools)
    machine_ensure.perform(ensure(machine("web-1")), world.tools)
    assert world.host.announced == {}

    def die(effect: str, name: str) -> None:
        raise Crash

    world.host.after = die
    with pytest.raises(Crash):
        volume_ensure.perform(ensure(volume(size=128 * MIB)), world.tools)
    world.host.after = lambda effect, name: None
    world.restart()
    volume_ensure.perform(ensure(volume(size=128 * MIB)), world.tools)
    assert world.host.announced == {(machine().host_name, volume().host_name): 128 * MIB}


def test_a_volume_never_shrinks(world: World) -> None:
    volume_ensure.perform(ensure(volume(size=128 * MIB)), world.tools)
    with pytest.raises(StepFailed, match="keep the size or grow it"):
        volume_ensure.perform(ensure(volume()), world.tools)
    assert world.host.volumes == {volume().host_name: 128 * MIB}


def test_a_moved_volume_is_never_made_empty(world: World) -> None:
    with pytest.raises(StepFailed, match="never made empty"):
        volume_ensure.perform(ensure(volume(epoch=2)), world.tools)
    assert world.host.volumes == {}


def test_a_removed_volume_waits_in_the_bin_and_comes_back_from_it(world: World) -> None:
    volume_ensure.perform(ensure(volume(size=128 * MIB)), world.tools)
    volume_absent.perform(absent(volume()), world.tools)
    assert list(world.host.bin.values()) == [128 * MIB]
    assert world.table() == {}
    volume_ensure.perform(ensure(volume(size=128 * MIB)), world.tools)
    assert [effect for effect, _ in world.host.effects] == ["create", "bin", "restore"]


def test_a_volume_whose_signed_item_says_so_is_destroyed(world: World) -> None:
    volume_ensure.perform(ensure(volume(on_delete="destroy")), world.tools)
    volume_absent.perform(absent(volume()), world.tools)
    assert (world.host.volumes, world.host.bin) == ({}, {})


def test_a_volume_that_the_table_does_not_know_goes_to_the_bin(world: World) -> None:
    world.host.volumes[volume().host_name] = 64 * MIB
    volume_absent.perform(absent(volume()), world.tools)
    assert list(world.host.bin.values()) == [64 * MIB]


def test_a_volume_waits_until_its_machine_is_gone(world: World) -> None:
    volume_ensure.perform(ensure(volume()), world.tools)
    machine_ensure.perform(ensure(machine(volumes=uses("data-0"))), world.tools)
    with pytest.raises(StepFailed, match="waits until machine web-0 is gone"):
        volume_absent.perform(absent(volume()), world.tools)
    assert world.host.bin == {}
