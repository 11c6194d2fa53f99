"""From `kubectl apply` to Ready, with few writes; and nothing is written when nothing changes."""

from __future__ import annotations

import pytest

from controllers.supervisor.caches import DEPLOYMENTS, JOBS, MACHINES, MARKS, VOLUMES
from crds.meta import DEPLOYMENT_FINALIZER, DEPLOYMENT_LABEL, DEPLOYMENT_UID_LABEL, WORKLOAD_FINALIZER
from tests.unit.controllers.supervisor.world import WITH_VOLUMES, World, only

WRITES_OF_ONE_MACHINE = {
    "Deployment create": 1,  # the user's apply
    "Deployment patch": 1,  # finalizer
    "Deployment status": 2,  # coord's assignment, the supervisor's word
    "Job create": 1,
    "Job status": 1,
    "Machine create": 1,
    "Machine status": 1,
    "RevisionMark create": 1,
}
WRITES_OF_ITS_VOLUME = {"Volume create": 1, "Volume status": 1}


async def test_a_signed_deployment_comes_up_on_a_node_that_checked_everything_itself() -> None:
    world = await World().begin()
    await world.deploy(replicas=2)
    assert world.nodes[0].runs == {"machine/web-0", "machine/web-1"}
    assert world.nodes[0].refusals == []
    assert world.said()["Ready"][0] == "True"
    assert world.deployment().status["counts"] == {"machines": 2, "ready": 2, "summary": "2/2"}
    assert world.deployment().status["accepted"]["signers"] == ["alice"]


async def test_one_machine_costs_eight_writes_after_the_apply() -> None:
    world = await World().begin()
    before = len(world.server.writes)
    await world.deploy()
    assert world.said()["Ready"][0] == "True"
    assert world.writes(before) == WRITES_OF_ONE_MACHINE
    assert sum(WRITES_OF_ONE_MACHINE.values()) - 1 == 8


async def test_a_volume_costs_two_writes_more() -> None:
    world = await World().begin()
    before = len(world.server.writes)
    await world.deploy(script=WITH_VOLUMES)
    assert world.said()["Ready"][0] == "True"
    assert world.writes(before) == dict(sorted((WRITES_OF_ONE_MACHINE | WRITES_OF_ITS_VOLUME).items()))


async def test_nothing_is_written_while_nothing_changes() -> None:
    world = await World("a", "b").begin()
    await world.deploy(script=WITH_VOLUMES, replicas=3)
    before = len(world.server.writes)
    await world.after(3600, step=7)
    assert world.writes(before) == {}


async def test_a_restarted_supervisor_writes_nothing_when_all_is_as_it_was() -> None:
    world = await World().begin()
    await world.deploy(script=WITH_VOLUMES, replicas=2)
    before = len(world.server.writes)
    await world.restart()
    await world.after(30)
    assert world.writes(before) == {}
    assert len(world.nodes[0].steps) == 4


async def test_an_update_of_memory_costs_no_more_than_it_must() -> None:
    world = await World().begin()
    await world.deploy()
    before = len(world.server.writes)
    await world.deploy(revision=2, memory="512Mi")
    assert world.writes(before) == {
        "Deployment patch": 1,  # the user's apply
        "Deployment status": 2,  # coord says that Assigned is of this generation too
        "Job create": 1,
        "Job status": 1,
        "Machine patch": 1,
        "Machine status": 1,
        "RevisionMark patch": 1,
    }


async def test_the_finalizer_stands_before_any_child_and_children_carry_label_and_finalizer() -> None:
    world = await World().begin()
    await world.deploy(script=WITH_VOLUMES)
    writes = [(each.verb, each.resource.kind) for each in world.server.writes]
    assert writes.index(("patch", "Deployment")) < writes.index(("create", "Volume"))
    deployment = world.deployment()
    assert deployment.finalizers == (DEPLOYMENT_FINALIZER,)
    for kind, name in ((MACHINES, "web-0"), (VOLUMES, "data-0")):
        found = world.find(kind, name)
        assert found is not None
        assert found.finalizers == (WORKLOAD_FINALIZER,)
        assert found.labels == {DEPLOYMENT_UID_LABEL: deployment.uid, DEPLOYMENT_LABEL: "web"}


async def test_when_the_finalizer_cannot_be_set_nothing_is_made() -> None:
    world = await World().begin()
    refuse(world, "patch", "Deployment")
    await world.deploy()
    assert world.names(MACHINES) == world.names(MARKS) == []
    world.server.interrupt = None
    await world.after(60)
    assert world.said()["Ready"][0] == "True"


def refuse(world: World, verb: str, kind: str) -> None:
    """The API server does not answer to this verb on this kind."""
    from controllers.loop.errors import Unavailable

    def interrupt(asked: str, resource: object, key: object) -> None:
        if (asked, getattr(resource, "kind", "")) == (verb, kind):
            raise Unavailable("not now")

    world.server.interrupt = interrupt


async def test_three_replicas_add_one_and_touch_no_other_and_one_replica_removes_two() -> None:
    world = await World().begin()
    await world.deploy(replicas=2)
    await world.deploy(revision=2, replicas=3)
    assert world.nodes[0].steps == [("machine.ensure", name) for name in ("web-0", "web-1", "web-2")]
    await world.deploy(revision=3, replicas=1)
    await world.after(5)
    assert world.nodes[0].steps[3:] == [("machine.absent", "web-2"), ("machine.absent", "web-1")]
    assert world.names(MACHINES) == ["web-0"]
    assert world.said()["Ready"][0] == "True"


async def test_an_update_goes_one_machine_at_a_time() -> None:
    world = await World().begin()
    await world.deploy(replicas=3)
    world.nodes[0].held = True
    await world.deploy(revision=2, replicas=3, memory="300Mi")
    changed = [each for each in world.server.objects(MACHINES) if each.generation == 2]
    assert [each.name for each in changed] == ["web-0"]
    world.nodes[0].held = False
    await world.after(10)
    assert world.nodes[0].steps[3:] == [("machine.ensure", f"web-{i}") for i in range(3)]
    assert world.said()["Ready"][0] == "True"


async def test_a_machine_that_fails_after_a_change_halts_the_update() -> None:
    world = await World().begin()
    await world.deploy(replicas=3)
    world.nodes[0].states[("machine", "web-0")] = "failed"
    await world.deploy(revision=2, replicas=3, memory="300Mi")
    await world.after(30)
    assert {name: world.find(MACHINES, name).generation for name in world.names(MACHINES)} == {  # type: ignore[union-attr]
        "web-0": 2, "web-1": 1, "web-2": 1,
    }  # fmt: skip
    assert world.said()["Progressing"][:2] == ("False", "UpdateHalted")
    assert "machine web-0 failed: guest kernel panic" in world.said()["Stalled"][2]
    assert world.said()["Ready"][0] == "False"


async def test_a_machine_that_crashes_by_itself_turns_ready_false_and_true_again() -> None:
    world = await World().begin()
    await world.deploy()
    node = world.nodes[0]
    node.states[("machine", "web-0")] = "restarting"
    node.say_changed()
    await world.after(2)
    assert world.said()["Ready"][0] == "False"
    assert world.said(MACHINES, "web-0")["Ready"][:2] == ("False", "Restarting")
    node.states.clear()
    node.say_changed()
    await world.settle()
    assert world.said()["Ready"][0] == "True"


async def test_short_passing_states_cost_no_write() -> None:
    world = await World().begin()
    world.nodes[0].held = True
    await world.deploy()
    await world.after(0.5, step=0.1)
    assert "Ready" not in world.said()
    await world.after(1.5, step=0.1)
    assert world.said()["Ready"][:2] == ("False", "Updating")
    assert "waiting for machine web-0" in world.said()["Ready"][2]


@pytest.mark.parametrize(("finished", "kept"), [(6, 3)])
async def test_few_finished_jobs_are_kept(finished: int, kept: int) -> None:
    world = await World().begin()
    for revision in range(1, finished + 1):
        await world.deploy(revision=revision, memory=f"{256 + revision}Mi")
        await world.after(2)
    assert len(world.names(JOBS)) == kept
    assert world.said(DEPLOYMENTS)["Ready"][0] == "True"


async def test_suspend_keeps_what_runs_and_says_how_to_go_on() -> None:
    world = await World().begin()
    await world.deploy(replicas=2)
    await world.edit(suspend=True)
    smaller = world.manifest(revision=2, params=only(replicas=1))
    await world.apply({**smaller, "spec": {**smaller["spec"], "suspend": True}})
    await world.after(60)
    assert world.nodes[0].runs == {"machine/web-0", "machine/web-1"}
    assert world.said()["Ready"][:2] == ("False", "Suspended")
    assert "set it to false to go on" in world.said()["Ready"][2]
    assert world.said()["Paused"][:2] == ("True", "Suspended")
    await world.edit(suspend=False)
    await world.after(5)
    assert world.nodes[0].runs == {"machine/web-0"}
    assert world.said()["Ready"][0] == "True"
