"""The keeper restarts by policy with growing pauses, repairs, and restores after a reboot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from node_agent.errors import StepFailed
from node_agent.executor.host import Power
from node_agent.executor.keeper import REPAIR_SECONDS, Keeper
from node_agent.executor.keeping import LONGEST_BACK_OFF, back_off
from node_agent.executor.locks import Locks
from node_agent.executor.resources import Key, Observation
from node_agent.executor.verbs import machine_ensure
from node_agent.testing import Crash
from tests.unit.node_agent.build import MIB, World, ensure, goal, machine

KEY = Key("machine", "a", "web-0")


class Node(World):
    """A node on which web-0 runs, with its keeper."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        super().__init__(folder)
        self.keeper = Keeper(self.tools, Locks(), "boot-1")
        self.keeper.restore()
        machine_ensure.perform(ensure(machine(**changes)), self.tools)
        self.host.effects.clear()

    def ends(self, power: Power = Power.CRASHED) -> None:
        """The guest ends by itself."""
        self.host._set(machine().host_name, power=power)

    def watch(self, seconds: float) -> None:
        """Lets the keeper look once a second."""
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.keeper.pass_once()

    @property
    def seen(self) -> Observation:
        """What the table says."""
        found = self.tools.resources.get(KEY)
        assert found is not None
        return found.observation


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node on which web-0 runs."""
    return Node(tmp_path)


def test_pauses_grow_to_a_minute() -> None:
    assert [back_off(failures) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("boundary", ["before the stop", "after the stop"])
def test_a_change_that_the_process_died_in_is_finished_and_not_taken_for_done(node: Node, boundary: str) -> None:
    larger = machine(generation=2, memory=256 * MIB)

    def die(effect: str, name: str) -> None:
        if effect == "stop":
            raise Crash

    setattr(node.host, boundary.split()[0], die)
    with pytest.raises(Crash):
        machine_ensure.perform(ensure(larger), node.tools)
    node.host.before = node.host.after = lambda effect, name: None
    node.restart()
    node.keeper = Keeper(node.tools, Locks(), "boot-1")
    node.watch(1)
    assert node.seen.state == "running"
    assert node.host.started[larger.host_name].launch == goal(larger).launch
    assert node.seen.restarts == 0


def test_while_a_change_cannot_be_made_the_guest_from_before_it_is_never_taken_for_changed(node: Node) -> None:
    node.host.failures["stop"] = StepFailed("HostFailed", "the guest does not stop")
    with pytest.raises(StepFailed):
        machine_ensure.perform(ensure(machine(generation=2, memory=256 * MIB)), node.tools)
    for _ in range(3 * int(LONGEST_BACK_OFF)):
        node.watch(1)
        assert node.seen.state in ("starting", "restarting")
    node.host.failures.clear()
    node.watch(LONGEST_BACK_OFF + 1)
    assert node.host.started[machine().host_name].launch == goal(machine(memory=256 * MIB)).launch
    assert (node.seen.state, node.seen.restarts) == ("running", 0)


def test_a_killed_machine_runs_again_and_the_restart_is_counted(node: Node) -> None:
    node.ends()
    node.watch(3)
    assert node.host.effects == [("start", machine().host_name)]
    assert (node.seen.state, node.seen.restarts) == ("running", 1)


def test_a_machine_that_never_lasts_waits_longer_each_time_and_says_so(node: Node) -> None:
    node.host.after = lambda effect, name: node.ends() if effect == "start" else None
    node.ends()
    node.watch(1)
    assert "next start in 1 s" in node.seen.message
    node.watch(30)
    starts = [effect for effect, _ in node.host.effects].count("start")
    assert starts == 4
    assert node.seen.state == "restarting"
    assert "next start in 16 s" in node.seen.message


def test_a_start_that_fails_is_put_off_with_its_reason(node: Node) -> None:
    node.host.failures["start"] = StepFailed("NoMemory", "no memory for the guest")
    node.ends()
    node.watch(3)
    assert node.seen.state == "restarting"
    assert node.seen.message.startswith("no memory for the guest; next start in")


def test_a_missing_port_comes_back_without_a_restart(node: Node) -> None:
    node.host._set(machine().host_name, port=False)
    node.watch(REPAIR_SECONDS + 2)
    assert node.host.effects == [("port", machine().host_name)]


def test_after_a_reboot_what_ran_is_started_at_once_and_not_counted_as_a_failure(tmp_path: Path) -> None:
    node = Node(tmp_path, restart="never")
    node.ends(Power.OFF)
    keeper = Keeper(node.tools, Locks(), "boot-2")
    keeper.restore()
    keeper.pass_once()
    assert node.host.effects == [("start", machine().host_name)]
    assert (node.seen.state, node.seen.failures, node.seen.restarts) == ("running", 0, 0)


def test_a_restart_of_the_executor_alone_restores_nothing(node: Node) -> None:
    node.restart()
    keeper = Keeper(node.tools, Locks(), "boot-1")
    keeper.restore()
    keeper.pass_once()
    assert node.host.effects == []


def test_what_a_runner_works_on_is_left_to_the_runner(node: Node) -> None:
    node.ends()
    with node.keeper.locks.hold(KEY):
        node.watch(5)
    assert node.host.effects == []


def test_a_guest_that_does_its_work_and_powers_off_at_once_is_started_once_and_then_stopped(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.host.after = lambda effect, name: world.host._set(name, power=Power.OFF) if effect == "start" else None
    machine_ensure.perform(ensure(machine(restart="never")), world.tools)
    Keeper(world.tools, Locks(), "boot-1").pass_once()
    assert [effect for effect, _ in world.host.effects].count("start") == 1
    assert world.table() == {KEY: "stopped"}


def test_a_start_that_the_power_interrupted_is_due_at_once_after_it(node: Node) -> None:
    node.clock.advance(100_000)
    node.ends()
    node.watch(1)
    waiting = node.tools.resources.get(KEY)
    assert waiting is not None
    node.tools.resources.put(waiting.seen("starting", node.clock.timestamp()))
    node.clock.seconds = 5.0
    Keeper(node.tools, Locks(), "boot-2").restore()
    assert node.seen.retry_at == 0.0
