"""Deletion removes everything, machines before their volumes, and says what it waits for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from controllers.loop.errors import NotFound, Unavailable
from controllers.loop.objects import NAMESPACE, ObjectKey, Resource
from controllers.supervisor.caches import DEPLOYMENTS, JOBS, MACHINES, VOLUMES
from crds.meta import DEPLOYMENT_LABEL, DEPLOYMENT_UID_LABEL
from tests.unit.controllers.supervisor.world import SCRIPT, WITH_VOLUMES, World


async def running(script: str = WITH_VOLUMES, **params: Any) -> World:
    world = await World().begin()
    await world.deploy(script=script, **params)
    assert world.said()["Ready"][0] == "True"
    return world


async def test_a_deleted_deployment_leaves_nothing_and_volumes_go_after_their_machines() -> None:
    world = await running(replicas=2)
    await world.delete()
    await world.after(10)
    assert world.left == []
    assert world.nodes[0].steps[4:] == [
        ("machine.absent", "web-1"), ("machine.absent", "web-0"),
        ("volume.absent", "data-1"), ("volume.absent", "data-0"),
    ]  # fmt: skip
    assert world.nodes[0].refusals == []
    assert await world.broker.known(world.nodes[0].id) == {}


async def test_nothing_of_a_deleted_deployment_is_looked_at_any_more() -> None:
    world = await running()
    await world.delete()
    await world.after(10)
    before = len(world.server.writes)
    await world.after(3600, step=60)
    assert world.writes(before) == {}
    assert len(world.controller.queue) == world.controller.queue.delayed == 0


async def test_what_never_came_up_is_removed() -> None:
    world = await World().begin()
    world.nodes[0].trouble[("machine", "web-0")] = "the image cannot be fetched"
    await world.deploy(script=WITH_VOLUMES)
    await world.after(20)
    assert world.said()["Ready"][0] == "False"
    world.nodes[0].trouble.clear()
    await world.delete()
    await world.after(10)
    assert world.left == []
    assert world.nodes[0].runs == set()


async def test_what_has_no_node_is_removed() -> None:
    world = await World().begin()
    await world.deploy(memory="500Gi")
    assert world.said()["Scheduled"][:2] == ("False", "NoNodeFits")
    await world.delete()
    assert world.left == []


async def test_what_was_never_accepted_is_removed() -> None:
    world = await World().begin()
    await world.deploy()
    await world.apply(world.manifest("raw", plan="sha256:" + "3" * 64))
    await world.delete(name="raw")
    assert world.find(DEPLOYMENTS, "raw") is None
    assert world.said()["Ready"][0] == "True"


async def test_with_the_node_away_it_says_what_it_waits_for_and_the_remedy() -> None:
    world = await running()
    await world.lose(world.nodes[0])
    await world.delete()
    await world.after(3)
    words = world.said()["Available"][2]
    node = world.nodes[0].id
    assert words.startswith(f"removing; waiting for machine web-0 on {node} (unreachable since 2026-11-24T12:00:40Z: ")
    assert f"bring it back, or `kubectl hardpan forget node {node}`" in words
    assert world.said(MACHINES, "web-0")["Ready"][1] == "Removing"
    assert "forget node" in world.said(MACHINES, "web-0")["Ready"][2]
    assert world.said(VOLUMES, "data-0")["Ready"][2] == "waiting until machine web-0 no longer has it"
    await world.find_again(world.nodes[0])
    await world.after(30)
    assert world.left == []
    assert world.nodes[0].runs == set()


async def test_waiting_for_a_node_costs_no_writes() -> None:
    world = await running()
    await world.lose(world.nodes[0])
    await world.delete()
    await world.after(5)
    before = len(world.server.writes)
    await world.after(3600, step=5)
    assert world.writes(before) == {}


async def test_a_forgotten_node_is_waited_for_no_longer() -> None:
    world = await running()
    await world.lose(world.nodes[0])
    await world.delete()
    await world.after(5)
    await world.forget(world.nodes[0])
    await world.after(6)
    assert world.left == []


async def test_a_removal_that_fails_shows_the_nodes_words_and_is_tried_again_ever_less_often() -> None:
    world = await running()
    world.nodes[0].trouble[("machine", "web-0")] = "the process does not end"
    await world.delete()
    await world.after(3)
    assert "StepFailed: the process does not end" in world.said()["Available"][2]
    assert "the process does not end" in world.said(MACHINES, "web-0")["Ready"][2]
    await world.after(300)
    attempts = world.find(MACHINES, "web-0").status["attempt"]  # type: ignore[union-attr]
    assert 7 <= attempts <= 10
    world.nodes[0].trouble.clear()
    await world.after(300)
    assert world.left == []


async def test_a_removal_is_ordered_again_after_the_queue_lost_everything() -> None:
    world = await running(SCRIPT, replicas=2)
    world.nodes[0].held = True
    await world.deploy(revision=2, script=SCRIPT, replicas=1)
    world.redis.flush()
    world.nodes[0].held = False
    await world.after(10)
    assert world.names(MACHINES) == ["web-0"]
    assert world.nodes[0].runs == {"machine/web-0"}


async def test_an_open_job_ends_before_the_removal_is_done() -> None:
    world = await World().begin()
    world.nodes[0].held = True
    await world.deploy()
    await world.delete()
    world.nodes[0].held = False
    await world.after(10)
    assert world.left == []
    assert world.nodes[0].runs == set()


async def test_a_deleted_namespace_takes_everything_with_it_and_no_job_is_made_in_it() -> None:
    world = await World().begin()
    namespace = await world.server.create(NAMESPACE, {"metadata": {"name": "a", "finalizers": ["kubernetes"]}})
    await world.deploy(script=WITH_VOLUMES)
    await world.server.delete(namespace)
    jobs = len(world.names(JOBS))
    for kind in (MACHINES, VOLUMES, JOBS):
        for each in world.server.objects(kind):
            await world.server.delete(each)
    await world.settle()
    await world.after(5)
    assert len(world.names(JOBS)) <= jobs
    await world.delete()
    await world.after(60)
    assert world.left == []
    assert world.nodes[0].runs == set()


async def test_a_removal_needs_no_tenant_and_no_user_any_more() -> None:
    world = await running()
    for name in ("Tenant/a", "User/alice", "User/bob"):
        del world.trust.records[name]
    await world.renew()
    await world.settle()
    assert world.said()["SignatureVerified"][:2] == ("False", "RecordNotListed")
    await world.delete()
    await world.after(10)
    assert world.left == []
    assert world.nodes[0].runs == set()


async def test_a_removal_goes_on_under_an_expired_snapshot() -> None:
    world = await running()
    world.seconds += timedelta(days=20).total_seconds()
    await world.delete()
    await world.after(10)
    assert world.left == []


async def test_a_deleted_machine_is_made_anew_on_its_volume() -> None:
    world = await running()
    await world.delete(MACHINES, "web-0")
    await world.after(10)
    assert world.nodes[0].steps[2:] == [("machine.absent", "web-0"), ("machine.ensure", "web-0")]
    assert world.said()["Ready"][0] == "True"


# What is left of a deployment whose object is gone --------------------------------------------------------------------


async def strip(world: World) -> None:
    """Somebody takes the finalizer off and the deployment vanishes at once."""
    seen = world.deployment()
    await world.server.delete(seen)
    await world.server.set_finalizers(world.deployment(), [])


async def test_the_children_of_a_deployment_that_vanished_are_removed() -> None:
    world = await running()
    await strip(world)
    await world.settle()
    await world.after(20)
    assert world.left == []
    assert world.nodes[0].runs == set()


async def test_the_children_of_a_namesake_before_are_removed_and_then_the_new_one_comes_up() -> None:
    world = await running()
    world.nodes[0].held = True
    await strip(world)
    await world.deploy(revision=2, script=WITH_VOLUMES)
    await world.after(3)
    assert (
        "waits until volume data-0, machine web-0 of the deployment that had this name before is gone"
        in (world.said()["Available"][2])
    )
    world.nodes[0].held = False
    await world.after(60)
    assert world.said()["Ready"][0] == "True"
    assert world.find(MACHINES, "web-0").labels[DEPLOYMENT_UID_LABEL] == world.deployment().uid  # type: ignore[union-attr]


async def test_jobs_of_a_deployment_that_vanished_are_removed_though_nothing_else_is_left() -> None:
    world = await World().begin()
    labels = {DEPLOYMENT_UID_LABEL: "uid-of-old", DEPLOYMENT_LABEL: "old"}
    step = {"kind": "machine", "name": "x", "verb": "ensure", "epoch": 1, "generation": 1}
    plan = {"deployment": "old", "revision": 1, "plan": "sha256:" + "0" * 64, "steps": [step]}
    spec = {"node": world.nodes[0].id, "supervisor": "eu", "plan": plan}
    await world.server.create(JOBS, {"metadata": {"name": "old-1", "namespace": "a", "labels": labels}, "spec": spec})
    await world.settle()
    assert world.left == []


async def test_a_gap_in_our_own_memory_tears_nothing_down() -> None:
    world = await running()
    deployment = world.deployment()
    world.caches.deployments.drop(deployment)
    world.controller.queue.add(ObjectKey("a", "web"))
    await world.settle()
    assert world.nodes[0].runs == {"machine/web-0", "volume/data-0"}
    assert all(each.deletion_timestamp is None for each in world.server.objects(MACHINES))


async def test_while_the_api_server_cannot_say_whether_a_deployment_is_gone_nothing_is_torn_down() -> None:
    world = await running()
    await strip(world)

    def interrupt(verb: str, resource: Resource, key: ObjectKey) -> None:
        if (verb, resource) == ("get", DEPLOYMENTS):
            raise NotFound("no") if world.seconds > 1100 else Unavailable("not now")

    world.server.interrupt = interrupt
    await world.settle()
    assert all(each.deletion_timestamp is None for each in world.server.objects(MACHINES))
    await world.after(200)
    assert world.left == []
