"""Rollout: creates what is missing, updates a few at a time, removes last, and leaves alone what is right."""

from __future__ import annotations

from controllers.supervisor import rollout
from controllers.supervisor.actions import Create, Delete, Raise, Update
from controllers.supervisor.model import Placed, Row, Want
from tests.unit.controllers.supervisor.build import GIB, accepted, job, machine, node, node_id, placed, snapshot, volume

OLD = [machine(f"web-{i}", memory=128 << 20) for i in range(3)]
DISK = volume("data")
WITH_DISK = machine("web", volumes=["data"])
NEW = [machine(f"web-{i}", memory=256 << 20) for i in range(3)]


def test_nothing_is_done_when_all_runs_as_described() -> None:
    assert rollout.plan(snapshot(accepted(*OLD), *map(placed, OLD))) == rollout.Rollout()


def test_volumes_are_created_before_the_machine_that_holds_them() -> None:
    plan = rollout.plan(snapshot(accepted(machine("web", volumes=["data"]), volume("data"))))
    assert [(type(a), a.want.name) for a in plan.actions if isinstance(a, Create)] == [
        (Create, "data"),
        (Create, "web"),
    ]


def test_a_third_replica_is_created_and_no_other_is_touched() -> None:
    plan = rollout.plan(snapshot(accepted(*OLD), placed(OLD[0]), placed(OLD[1])))
    assert [a.want.name for a in plan.actions if isinstance(a, Create)] == ["web-2"]
    assert len(plan.actions) == 1


def test_fewer_replicas_remove_the_surplus_in_reverse() -> None:
    plan = rollout.plan(snapshot(accepted(OLD[0]), *map(placed, OLD)))
    assert [a.placed.name for a in plan.actions if isinstance(a, Delete)] == ["web-2", "web-1"]
    assert len(plan.actions) == 2


def test_a_machine_asks_for_no_volume_that_is_on_its_way_out() -> None:
    """It would hold it there, and wait for its end at the same time. Found by seed 2212."""
    before = placed(machine("web"))
    leaves = snapshot(accepted(WITH_DISK, DISK), before, placed(DISK, deleting=True))
    assert rollout.plan(leaves).actions == ()
    there = snapshot(accepted(WITH_DISK, DISK), before, placed(DISK))
    assert [type(each) for each in rollout.plan(there).actions] == [Update]


def test_one_machine_is_updated_at_a_time() -> None:
    plan = rollout.plan(snapshot(accepted(*NEW), *map(placed, OLD)))
    assert [a.want.name for a in plan.actions if isinstance(a, Update)] == ["web-0"]


def test_a_refusal_as_too_old_raises_what_it_is_about_and_not_the_rest_of_its_job() -> None:
    web, data = placed(WITH_DISK, runs=False), placed(DISK, runs=False)
    words = "StaleEpoch: machine web is at 1.2, the job orders 1.1"
    refused = job(("volume", "data"), ("machine", "web"), reason="RefusedByNode", message=words)
    assert rollout.plan(snapshot(accepted(WITH_DISK, DISK), web, data, jobs=(refused,))).actions == (Raise(web, 2),)


def test_the_next_waits_until_the_updated_one_runs() -> None:
    underway = placed(NEW[0], runs=False)
    assert rollout.plan(snapshot(accepted(*NEW), underway, placed(OLD[1]), placed(OLD[2]))).actions == ()


def test_max_unavailable_lets_more_go_at_once() -> None:
    plan = rollout.plan(snapshot(accepted(*NEW, max_unavailable=2), *map(placed, OLD)))
    assert len(plan.actions) == 2


def test_a_machine_that_is_down_is_updated_at_once() -> None:
    plan = rollout.plan(snapshot(accepted(*NEW), placed(OLD[0]), placed(OLD[1], runs=False), placed(OLD[2])))
    assert [a.want.name for a in plan.actions if isinstance(a, Update)] == ["web-1"]


def unseen(want: Want, generation: int = 1) -> Placed:
    """On a node that was lost after it had done generation 1."""
    return placed(want, 1, runs=False, reported=False, generation=generation, observed_generation=1)


def changed(*objects: Placed, back: bool = False) -> list[str]:
    """What is changed now, where the second node cannot be reached, or is just coming back."""
    actions = rollout.plan(snapshot(accepted(*NEW), *objects, nodes=(node(0), node(1, reachable=back)))).actions
    return [each.want.name for each in actions if isinstance(each, Update)]


def test_what_cannot_be_seen_is_changed_last_and_in_turn() -> None:
    lost = [unseen(each) for each in OLD[:2]]
    assert changed(*lost, placed(OLD[2])) == ["web-2"]
    assert changed(*lost, placed(NEW[2])) == ["web-0"]
    assert changed(unseen(NEW[0], generation=2), lost[1], placed(NEW[2])) == []


def test_what_ran_on_a_node_that_comes_back_is_changed_in_turn_before_its_report_is_here() -> None:
    assert changed(*[unseen(each) for each in OLD], back=True) == ["web-0"]


def test_what_was_being_changed_when_its_node_was_lost_is_in_hand_for_the_next_revision_too() -> None:
    assert changed(unseen(OLD[0], generation=2), placed(OLD[1]), placed(OLD[2])) == ["web-0"]


def test_a_failure_of_the_new_item_halts_the_update() -> None:
    broken = placed(NEW[0], row=Row(1, 1, NEW[0].digest, "failed", message="kernel panic"))
    plan = rollout.plan(snapshot(accepted(*NEW, max_unavailable=3), broken, placed(OLD[1]), placed(OLD[2])))
    assert plan.actions == ()
    assert "web-0 failed: kernel panic" in plan.halted


def test_removals_wait_until_what_is_new_runs() -> None:
    plan = rollout.plan(snapshot(accepted(NEW[0]), placed(NEW[0], runs=False), placed(OLD[1])))
    assert plan.actions == ()


def test_what_finds_no_node_does_not_hold_up_removals() -> None:
    huge = machine("huge", memory=64 * GIB)
    plan = rollout.plan(snapshot(accepted(huge), placed(OLD[0])))
    assert [type(a) for a in plan.actions] == [Delete]
    assert plan.unplaced[0].resource == "machine/huge"


def test_a_volume_never_shrinks() -> None:
    plan = rollout.plan(snapshot(accepted(volume("data", GIB)), placed(volume("data", 2 * GIB))))
    assert plan.actions == ()
    assert "2048Mi → 1024Mi would shrink it" in plan.refused


def test_another_deployments_object_is_never_adopted() -> None:
    plan = rollout.plan(snapshot(accepted(OLD[0]), taken=frozenset({("machine", "web-0")})))
    assert plan.actions == ()
    assert "belongs to another deployment" in plan.taken


def test_a_terminating_predecessor_is_waited_for() -> None:
    assert rollout.plan(snapshot(accepted(OLD[0]), placed(OLD[0], deleting=True))).actions == ()


def test_a_suspended_deployment_is_left_as_it_is() -> None:
    assert rollout.plan(snapshot(accepted(*NEW), *map(placed, OLD), suspended=True)).actions == ()


def test_teardown_takes_machines_before_volumes() -> None:
    data, web = volume("data"), machine("web", volumes=["data"])
    plan = rollout.teardown(snapshot(accepted(data, web), placed(data), placed(web)))
    assert [a.placed.kind for a in plan.actions if isinstance(a, Delete)] == ["machine", "volume"]


def test_a_placed_machine_stays_though_another_node_would_fit_better() -> None:
    plan = rollout.plan(snapshot(accepted(OLD[0]), placed(OLD[0], 1), nodes=[node(0), node(1)]))
    assert plan.actions == ()
    assert node_id(1) == placed(OLD[0], 1).node
