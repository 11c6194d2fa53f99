"""Work: one open job per node, stale jobs superseded, removals in order, nothing made twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from controllers.supervisor import work
from controllers.supervisor.actions import CreateJob, Enqueue, Forget, Release, Remove, Supersede
from controllers.supervisor.model import NodeView
from tests.unit.controllers.supervisor.build import NOW, accepted, job, machine, node, node_id, placed, snapshot, volume

WEB = machine("web", volumes=["data"])
DATA = volume("data")
LONE = machine("web")


def test_nothing_is_ordered_when_nodes_match() -> None:
    assert work.plan(snapshot(accepted(WEB, DATA), placed(WEB), placed(DATA))) == []


def test_one_job_ensures_the_volume_and_then_the_machine() -> None:
    (made,) = work.plan(snapshot(accepted(WEB, DATA), placed(WEB, runs=False), placed(DATA, runs=False)))
    assert isinstance(made, CreateJob)
    assert [(step.kind, step.verb) for step in made.steps] == [("volume", "ensure"), ("machine", "ensure")]


def test_the_same_snapshot_names_the_same_job() -> None:
    seen = snapshot(accepted(LONE), placed(LONE, runs=False))
    assert [type(each) for each in work.plan(seen)] == [CreateJob]
    assert work.plan(seen) == work.plan(seen)


def test_work_that_is_needed_again_after_it_succeeded_gets_a_new_job() -> None:
    first = work.plan(snapshot(accepted(LONE), placed(LONE, runs=False)))[0]
    done = job(("machine", "web"), succeeded=True)
    again = work.plan(snapshot(accepted(LONE), placed(LONE, runs=False), jobs=(done,)))[0]
    assert isinstance(first, CreateJob)
    assert isinstance(again, CreateJob)
    assert first.name != again.name


def test_an_open_job_is_placed_again_and_no_second_one_is_made() -> None:
    open_job = job(("machine", "web"))
    assert work.plan(snapshot(accepted(WEB), placed(WEB, runs=False), jobs=(open_job,))) == [Enqueue(open_job)]


def test_a_retry_waits_for_its_time() -> None:
    open_job = job(("machine", "web"), next_attempt=NOW + timedelta(seconds=5))
    assert work.plan(snapshot(accepted(LONE), placed(LONE, runs=False), jobs=(open_job,))) == []


def test_a_job_for_an_older_generation_is_superseded_before_the_next_is_made() -> None:
    stale = job(("machine", "web"), generation=1)
    seen = snapshot(accepted(WEB), placed(WEB, runs=False, generation=2), jobs=(stale,))
    assert work.plan(seen) == [Supersede(stale)]


def test_what_the_accepted_plan_does_not_describe_is_not_ordered() -> None:
    assert work.plan(snapshot(accepted(machine("web", memory=64 << 20)), placed(WEB, runs=False))) == []


def test_a_job_that_orders_what_the_plan_no_longer_has_makes_room() -> None:
    surplus = machine("web-1")
    both = job(("machine", "web"), ("machine", "web-1"))
    seen = snapshot(accepted(LONE), placed(LONE, runs=False), placed(surplus, runs=False), jobs=(both,))
    assert work.plan(seen) == [Supersede(both)]


def test_a_suspended_deployment_gets_no_new_job() -> None:
    assert work.plan(snapshot(accepted(LONE), placed(LONE, runs=False), suspended=True)) == []


def test_a_volume_is_removed_only_when_no_machine_names_it() -> None:
    web, data = placed(WEB, deleting=True), placed(DATA, deleting=True)
    assert work.plan(snapshot(None, web, data, deleting=True)) == [Remove(web)]
    assert work.plan(snapshot(None, data, deleting=True)) == [Remove(data)]


def test_a_new_machine_that_waits_for_a_volume_to_go_does_not_hold_it() -> None:
    fresh, going = placed(WEB, runs=False), placed(DATA, deleting=True)
    wanted = accepted(WEB, DATA)
    assert work.plan(snapshot(wanted, fresh, going)) == [Remove(going)]
    ordered = job(("machine", "web"))
    assert work.plan(snapshot(wanted, fresh, going, jobs=(ordered,))) == [Enqueue(ordered)]
    assert work.plan(snapshot(wanted, placed(WEB, runs=False, reported=False), going)) == []


def test_a_terminating_object_of_a_forgotten_node_is_released() -> None:
    web = placed(WEB, 1, deleting=True)
    assert work.plan(snapshot(None, web, nodes=[node(0)], deleting=True)) == [Release(web)]


def test_removals_go_on_without_an_accepted_revision() -> None:
    web = placed(WEB, deleting=True, runs=False)
    assert work.plan(snapshot(None, web)) == [Remove(web)]


def test_three_succeeded_and_five_failed_jobs_are_kept() -> None:
    finished = tuple(
        job(("machine", "web"), name=f"j{i}", uid=str(i), succeeded=i % 2 == 0, finished=f"{i:02}") for i in range(20)
    )
    forgotten = work.plan(snapshot(accepted(WEB), placed(WEB), jobs=finished))
    assert all(isinstance(each, Forget) for each in forgotten)
    left = [each for each in finished if Forget(each) not in forgotten]
    assert (sum(1 for j in left if j.succeeded), sum(1 for j in left if not j.succeeded)) == (3, 5)


def test_two_nodes_get_a_job_each() -> None:
    a, b = machine("a"), machine("b")
    made = work.plan(snapshot(accepted(a, b), placed(a, 0, runs=False), placed(b, 1, runs=False)))
    assert [each.node for each in made if isinstance(each, CreateJob)] == [node_id(0), node_id(1)]


def test_a_machine_is_not_ordered_before_its_volume_has_a_place() -> None:
    assert work.plan(snapshot(accepted(WEB, DATA), placed(WEB, runs=False))) == []


def test_a_failed_job_makes_room_for_one_that_also_does_what_came_up_since() -> None:
    failed = job(("machine", "web"), attempt=2, next_attempt=NOW + timedelta(seconds=5))
    seen = snapshot(accepted(WEB, DATA), placed(WEB, runs=False), placed(DATA, runs=False), jobs=(failed,))
    assert work.plan(seen) == [Supersede(failed)]


def test_a_job_that_has_not_failed_is_left_to_finish_when_more_comes_up() -> None:
    open_job = job(("machine", "web"))
    seen = snapshot(accepted(WEB, DATA), placed(WEB, runs=False), placed(DATA, runs=False), jobs=(open_job,))
    assert work.plan(seen) == [Enqueue(open_job)]


def test_a_removal_that_was_refused_waits_for_its_time() -> None:
    refused = placed(LONE, deleting=True, attempt=2, next_attempt=NOW + timedelta(seconds=5))
    assert work.plan(snapshot(accepted(LONE), refused)) == []
    assert work.plan(snapshot(accepted(LONE), refused, now=NOW + timedelta(seconds=5))) == [Remove(refused)]


def test_a_time_that_only_a_wrong_clock_can_have_meant_is_not_waited_for() -> None:
    refused = placed(LONE, deleting=True, attempt=2, next_attempt=NOW + timedelta(hours=1))
    assert work.plan(snapshot(accepted(LONE), refused)) == [Remove(refused)]


@pytest.mark.parametrize("nodes", [[], [node(0, certified=False)]])
def test_a_node_that_is_gone_or_not_approved_is_ordered_nothing(nodes: list[NodeView]) -> None:
    open_job = job(("machine", "web"))
    assert work.plan(snapshot(accepted(WEB), placed(WEB, runs=False), nodes=nodes)) == []
    assert work.plan(snapshot(accepted(WEB), placed(WEB, runs=False), nodes=nodes, jobs=(open_job,))) == []


def test_a_node_that_is_not_approved_is_not_asked_to_remove() -> None:
    assert work.plan(snapshot(None, placed(WEB, deleting=True), nodes=[node(0, certified=False)])) == []


def test_a_removal_that_an_operator_has_to_agree_to_is_not_ordered() -> None:
    web = placed(WEB, deleting=True)
    assert work.plan(snapshot(None, web, halted={web.uid: "too many"})) == []


def test_machines_and_then_volumes_are_removed_from_the_last_to_the_first() -> None:
    names = ["a", "b", "c"]
    objects = [placed(machine(name), deleting=True) for name in names]
    objects += [placed(volume(name), deleting=True) for name in names]
    orders = [each.placed for each in work.plan(snapshot(None, *objects)) if isinstance(each, Remove)]
    assert [f"{each.kind} {each.name}" for each in orders] == [
        "machine c", "machine b", "machine a", "volume c", "volume b", "volume a",
    ]  # fmt: skip


def test_the_soonest_retry_of_jobs_and_removals_counts() -> None:
    later, sooner = NOW + timedelta(seconds=9), NOW + timedelta(seconds=4)
    web = placed(WEB, deleting=True, next_attempt=sooner)
    seen = snapshot(None, web, jobs=(job(("machine", "web"), next_attempt=later),))
    assert work.soonest(seen) == sooner
    assert work.plan(seen)[-1:] == [Supersede(seen.jobs[0])]
    assert work.soonest(snapshot(None)) is None
