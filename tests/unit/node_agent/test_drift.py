"""What somebody changed by hand is undone where no data can be lost, and told where it could."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.errors import StepFailed, TryAgain
from node_agent.executor import drift
from node_agent.executor.drift import Drift, Mend
from node_agent.executor.keeper import REPAIR_SECONDS, Keeper
from node_agent.executor.keeping import LIMIT, SELDOM_SECONDS
from node_agent.executor.locks import Locks
from node_agent.executor.resources import Key, Observation
from node_agent.executor.verbs import machine_ensure, volume_ensure
from sal.hypervisor import Trouble
from sal.pool import VolumeState
from tests.unit.node_agent.build import MIB, World, ensure, machine, uses, volume

MACHINE, VOLUME = Key("machine", "a", "web-0"), Key("volume", "a", "data-0")
SIZE = 64 * MIB


class Node(World):
    """A node on which web-0 runs with its volume, and its keeper."""

    def __init__(self, folder: Path, restart: str = "always") -> None:
        super().__init__(folder)
        self.keeper = Keeper(self.tools, Locks(), "boot-1")
        self.keeper.restore()
        volume_ensure.perform(ensure(volume()), self.tools)
        self.machine = machine(volumes=uses("data-0"), restart=restart)
        machine_ensure.perform(ensure(self.machine), self.tools)
        self.host.effects.clear()

    def watch(self, seconds: float = REPAIR_SECONDS + 1, step: float = 1.0) -> list[str]:
        """Lets the keeper look once a second; returns what was done to the host."""
        for _ in range(int(seconds / step)):
            self.clock.advance(step)
            self.keeper.pass_once()
        return [effect for effect, _ in self.host.effects]

    def seen(self, key: Key = MACHINE) -> Observation:
        """What the table says."""
        found = self.tools.resources.get(key)
        assert found is not None
        return found.observation


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node in sync."""
    made = Node(tmp_path)
    assert made.watch() == []
    return made


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (VolumeState(SIZE), drift.IN_SYNC),
        (VolumeState(2 * SIZE), drift.IN_SYNC),
        (VolumeState(SIZE, writable=False), Drift((Mend.RESET,))),
        (VolumeState(SIZE, limited=False), Drift((Mend.RESET,))),
        (VolumeState(SIZE, marked=False), Drift((Mend.RESET,))),
        (VolumeState(None, elsewhere=("old",)), Drift((Mend.RENAME,))),
        (VolumeState(None), Drift(trouble=drift.GONE, down=True)),
    ],
)
def test_a_volume_is_mended_where_nothing_can_be_lost(now: VolumeState, expected: Drift) -> None:
    assert drift.volume(SIZE, now) == expected


def test_of_two_that_may_be_the_renamed_volume_none_is_chosen() -> None:
    found = drift.volume(SIZE, VolumeState(None, elsewhere=("old", "older")))
    assert (found.mends, found.down) == ((), True)
    assert "old, older" in found.trouble


def test_a_disk_that_was_cut_is_told_and_not_stretched() -> None:
    found = drift.volume(SIZE, VolumeState(SIZE // 2))
    assert (found.mends, found.down) == ((), True)
    assert "what was at its end is lost" in found.trouble


@pytest.mark.parametrize(
    ("trouble", "fullness", "expected"),
    [
        (None, 1.0, drift.IN_SYNC),
        (Trouble.PAUSED, 1.0, Drift((Mend.RESUME,))),
        (Trouble.FROZEN, 1.0, Drift((Mend.RESUME,))),
        (Trouble.NO_ROOM, 0.5, Drift((Mend.RESUME,))),
        (Trouble.NO_ROOM, 1.0, Drift(trouble=drift.NO_ROOM, down=True)),
        (Trouble.UNREACHABLE, 0.5, Drift(trouble=drift.SILENT)),
    ],
)
def test_a_guest_that_does_not_work_goes_on_as_soon_as_it_can(
    trouble: Trouble | None, fullness: float, expected: Drift
) -> None:
    assert drift.guest(trouble, fullness) == expected


def test_a_paused_guest_goes_on_and_is_not_restarted(node: Node) -> None:
    node.host.troubles[node.machine.host_name] = Trouble.PAUSED
    assert node.watch() == ["resume"]
    assert (node.seen().state, node.seen().restarts) == ("running", 0)


def test_a_guest_that_waits_for_room_says_so_and_goes_on_when_there_is_some(node: Node) -> None:
    node.host.troubles[node.machine.host_name] = Trouble.NO_ROOM
    node.host.full = 1.0
    assert node.watch() == []
    assert (node.seen().state, node.seen().message) == ("failed", drift.NO_ROOM)
    node.watch(3)
    assert node.seen().state == "failed"
    node.host.full = 0.5
    assert node.watch() == ["resume"]
    assert (node.seen().state, node.seen().message) == ("running", "")


def test_a_guest_that_ends_while_it_waits_for_room_is_started_again_like_any_other(node: Node) -> None:
    node.host.troubles[node.machine.host_name] = Trouble.NO_ROOM
    node.host.full = 1.0
    node.watch()
    node.host._set(node.machine.host_name, power=node.host.machine("none").power)
    assert node.watch(3) == ["start"]
    assert node.seen().state == "running"


def test_a_guest_whose_socket_is_gone_runs_on_and_the_risk_is_told(node: Node) -> None:
    node.host.troubles[node.machine.host_name] = Trouble.UNREACHABLE
    assert node.watch() == []
    assert (node.seen().state, node.seen().message) == ("running", drift.SILENT)


def test_a_guest_that_lost_its_port_is_restarted_with_a_new_one(node: Node) -> None:
    node.host._set(node.machine.host_name, port=False, attached=False)
    assert node.watch() == ["stop", "port", "start"]
    assert (node.seen().state, node.seen().message) == ("running", "")


def test_a_guest_that_nobody_restarts_keeps_running_without_its_port_and_says_so(tmp_path: Path) -> None:
    node = Node(tmp_path, restart="never")
    node.host._set(node.machine.host_name, port=False, attached=False)
    assert node.watch() == ["port"]
    assert node.seen().state == "failed"
    assert "cannot be given another; restart: never" in node.seen().message


def test_a_volume_that_was_made_read_only_is_mended_and_its_machine_left_alone(node: Node) -> None:
    node.host.touched[volume().host_name] = VolumeState(SIZE, writable=False)
    assert node.watch() == ["mend"]
    assert ("volume.mend", str(VOLUME)) in node.effects.lines


def test_a_renamed_volume_gets_its_name_again(node: Node) -> None:
    node.host.volumes["old"] = node.host.volumes.pop(volume().host_name)
    node.host.touched[volume().host_name] = VolumeState(None, elsewhere=("old",))
    assert node.watch() == ["rename"]
    assert node.host.volumes == {volume().host_name: SIZE}
    assert node.seen(VOLUME).state == "present"


def test_a_volume_that_is_gone_is_told_and_comes_back_when_somebody_puts_it_back(node: Node) -> None:
    node.host.volumes.clear()
    assert node.watch() == []
    assert (node.seen(VOLUME).state, node.seen(VOLUME).message) == ("failed", drift.GONE)
    assert node.seen().state == "running"
    node.host.volumes[volume().host_name] = SIZE
    node.watch()
    assert (node.seen(VOLUME).state, node.seen(VOLUME).message) == ("present", "")


def test_nothing_empty_ever_takes_the_place_of_a_volume_that_the_node_keeps(node: Node) -> None:
    node.host.volumes.clear()
    for wanted in (volume(), volume(size=2 * SIZE)):
        with pytest.raises(StepFailed, match="nothing empty takes its place"):
            volume_ensure.perform(ensure(wanted), node.tools)
    assert node.host.volumes == {}


def test_an_older_volume_in_the_bin_is_not_taken_for_one_that_is_gone(node: Node) -> None:
    node.host.bin[f"{volume().host_name}.000001"] = SIZE
    node.host.volumes.clear()
    with pytest.raises(StepFailed, match="nothing empty takes its place"):
        volume_ensure.perform(ensure(volume()), node.tools)
    node.watch()
    assert list(node.host.bin) == [f"{volume().host_name}.000001"]


def test_a_guest_whose_volume_is_gone_is_not_stopped_for_an_update(node: Node) -> None:
    node.host.volumes.clear()
    with pytest.raises(StepFailed) as caught:
        machine_ensure.perform(ensure(machine(volumes=uses("data-0"), memory=256 * MIB)), node.tools)
    assert caught.value.reason == "VolumeGone"
    assert "stop" not in [effect for effect, _ in node.host.effects]


def test_a_network_that_cannot_be_mended_is_told_and_machines_are_looked_after_nevertheless(node: Node) -> None:
    node.host.failures["network"] = TryAgain("HostFailed", "there is no link hpo0")
    node.host.troubles[node.machine.host_name] = Trouble.PAUSED
    assert node.watch() == ["resume"]
    found = node.keeper.health.findings()
    assert [(each.reason, each.message) for each in found] == [("NetworkBroken", "there is no link hpo0")]
    del node.host.failures["network"]
    node.watch()
    assert node.keeper.health.findings() == ()


def test_what_was_mended_of_the_network_is_in_the_effects(node: Node) -> None:
    node.host.network = ("hp0 was down",)
    node.watch()
    assert node.effects.lines.count(("network.mend", "hp0 was down")) == 1


def test_a_machine_that_never_lasts_is_tried_once_an_hour_and_says_what_to_do(node: Node) -> None:
    name = node.machine.host_name

    def ends(effect: str, _: str) -> None:
        if effect == "start":
            node.host._set(name, power=node.host.machine("none").power)

    node.host.after = ends
    node.host._set(name, power=node.host.machine("none").power)
    assert node.watch(3600, 20).count("start") == LIMIT - 1
    assert node.seen().state == "failed"
    assert f"{LIMIT} starts in a row did not last a minute" in node.seen().message
    node.host.effects.clear()
    assert node.watch(2 * SELDOM_SECONDS, 60).count("start") == 2
    node.host.after = lambda effect, _: None
    node.watch(SELDOM_SECONDS + 120, 60)
    assert (node.seen().state, node.seen().failures) == ("running", 0)
