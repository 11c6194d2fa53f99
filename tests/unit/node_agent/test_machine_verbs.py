"""What machine.ensure and machine.absent do, decided by pure plans and done on a host in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.errors import StepFailed, TryAgain
from node_agent.executor.host import MachineFacts, Power
from node_agent.executor.machine import Act, Situation, plan
from node_agent.executor.resources import Key
from node_agent.executor.steps import TRIES
from node_agent.executor.verbs import machine_absent, machine_ensure, verbs, volume_ensure
from tests.unit.node_agent.build import MIB, World, absent, ensure, goal, machine, uses, volume
from trust.authority import AUTHORITIES


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A node that keeps nothing yet."""
    return World(tmp_path)


def running(world: World, **changes: object) -> World:
    """A node on which web-0 runs."""
    machine_ensure.perform(ensure(machine(**changes)), world.tools)
    world.host.effects.clear()
    return world


def done(world: World) -> list[str]:
    """The effects on the host, in order."""
    return [effect for effect, _ in world.host.effects]


def test_every_verb_has_its_row_in_the_authority_table() -> None:
    assert set(verbs()) == set(AUTHORITIES)


def test_a_new_machine_gets_its_disks_and_port_and_is_started_last(world: World) -> None:
    assert machine_ensure.perform(ensure(machine()), world.tools)
    assert done(world) == ["fetch", "root", "seed", "port", "launch", "start"]
    assert world.table() == {Key("machine", "a", "web-0"): "running"}


def test_an_unchanged_item_has_no_effect_and_its_new_generation_is_known(world: World) -> None:
    running(world)
    assert not machine_ensure.perform(ensure(machine(generation=2)), world.tools)
    assert done(world) == []
    resource = world.tools.resources.get(Key("machine", "a", "web-0"))
    assert resource is not None
    assert resource.row().generation == 2


@pytest.mark.parametrize("changes", [{"memory": 256 * MIB}, {"cpus": 2}])
def test_changed_memory_or_processors_restart_the_machine_on_its_disk(world: World, changes: dict[str, int]) -> None:
    running(world)
    machine_ensure.perform(ensure(machine(generation=2, **changes)), world.tools)
    assert done(world) == ["stop", "launch", "start"]


def test_a_changed_environment_makes_a_new_seed_before_the_guest_is_disturbed(world: World) -> None:
    running(world)
    machine_ensure.perform(ensure(machine(generation=2, env={"A": "b"})), world.tools)
    assert done(world) == ["seed", "stop", "launch", "start", "prune"]


def test_a_changed_image_rebuilds_the_root_disk_and_keeps_address_and_volumes(world: World) -> None:
    volume_ensure.perform(ensure(volume()), world.tools)
    running(world, volumes=uses("data-0"))
    other = {"url": "https://images.example/b.raw", "sha256": "b" * 64}
    machine_ensure.perform(ensure(machine(generation=2, image=other, volumes=uses("data-0"))), world.tools)
    assert done(world) == ["fetch", "root", "stop", "launch", "start", "prune"]
    assert len(world.host.volumes) == 1


def test_a_changed_restart_policy_touches_nothing_on_the_host(world: World) -> None:
    running(world)
    assert not machine_ensure.perform(ensure(machine(generation=2, restart="never")), world.tools)
    assert done(world) == []


def test_an_image_that_cannot_be_had_leaves_running_what_runs(world: World) -> None:
    running(world)
    before = world.tools.resources.all()
    world.host.failures["fetch"] = TryAgain("FetchFailed", "images.example does not answer")
    other = {"url": "https://images.example/b.raw", "sha256": "b" * 64}
    with pytest.raises(TryAgain):
        machine_ensure.perform(ensure(machine(generation=2, image=other)), world.tools)
    assert world.host.power(machine().host_name) is Power.RUNNING
    assert world.tools.resources.all() == before


def test_a_transient_error_is_tried_three_times_in_all(world: World) -> None:
    world.host.failures["start"] = TryAgain("Busy", "a device is busy")
    with pytest.raises(TryAgain):
        machine_ensure.perform(ensure(machine()), world.tools)
    assert len(world.naps) == TRIES - 1


def test_a_lasting_error_is_not_tried_again(world: World) -> None:
    world.host.failures["start"] = StepFailed("NoFirmware", "no")
    with pytest.raises(StepFailed):
        machine_ensure.perform(ensure(machine()), world.tools)
    assert world.naps == []


def test_an_act_that_does_not_hold_fails_instead_of_going_round(world: World) -> None:
    world.host.make_port = lambda goal: None  # type: ignore[method-assign]
    with pytest.raises(StepFailed, match="does not hold"):
        machine_ensure.perform(ensure(machine()), world.tools)


def test_a_machine_waits_for_its_volumes(world: World) -> None:
    with pytest.raises(StepFailed, match="volume data-0 of web-0 is not on this node"):
        machine_ensure.perform(ensure(machine(volumes=uses("data-0"))), world.tools)
    assert done(world) == []


def test_a_machine_that_does_not_fit_is_not_begun(world: World) -> None:
    running(world)
    with pytest.raises(StepFailed, match="machine web-1 needs cpus 8, 7 are free"):
        machine_ensure.perform(ensure(machine("web-1", cpus=8)), world.tools)
    assert done(world) == []


def test_a_machine_that_ended_as_its_policy_allows_is_not_started_by_an_unchanged_item(world: World) -> None:
    running(world, restart="never")
    key = Key("machine", "a", "web-0")
    resource = world.tools.resources.get(key)
    assert resource is not None
    world.host.stop(machine().host_name)
    world.host.effects.clear()
    world.tools.resources.put(resource.seen("stopped", world.clock.timestamp()))
    machine_ensure.perform(ensure(machine(generation=2, restart="never")), world.tools)
    assert done(world) == []
    machine_ensure.perform(ensure(machine(generation=3, restart="never", cpus=2)), world.tools)
    assert done(world) == ["launch", "start"]
    assert world.table() == {key: "running"}


def test_the_plan_never_stops_a_machine_before_all_that_can_fail_is_done() -> None:
    wanted = goal(machine(env={"A": "b"}))
    facts = MachineFacts(Power.RUNNING, True, frozenset({"old"}), frozenset({"old"}), "old", True)
    acts = plan(wanted, Situation(facts, image=False, adopted=False, wanted=True))
    assert acts.index(Act.STOP) > max(acts.index(each) for each in (Act.FETCH, Act.ROOT, Act.SEED))


def test_a_removed_machine_leaves_nothing_but_its_volumes(world: World) -> None:
    volume_ensure.perform(ensure(volume()), world.tools)
    running(world, volumes=uses("data-0"))
    assert machine_absent.perform(absent(machine()), world.tools)
    assert done(world) == ["stop", "unport", "remove"]
    assert world.host.machines == {}
    assert len(world.host.volumes) == 1
    assert world.table() == {Key("volume", "a", "data-0"): "present"}


def test_removing_what_is_not_there_has_no_effect(world: World) -> None:
    assert not machine_absent.perform(absent(machine()), world.tools)
    assert done(world) == []


def test_a_machine_that_never_came_up_is_removed_all_the_same(world: World) -> None:
    world.host.failures["start"] = StepFailed("NoFirmware", "no")
    with pytest.raises(StepFailed):
        machine_ensure.perform(ensure(machine()), world.tools)
    machine_absent.perform(absent(machine()), world.tools)
    assert world.host.machines == {}
    assert world.table() == {}
