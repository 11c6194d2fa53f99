"""Jobs: at most one open per deployment and node, a newer intent supersedes, a lost queue is placed again."""

from __future__ import annotations

from collections import Counter

from controllers.supervisor.caches import JOBS, MACHINES
from tests.unit.controllers.supervisor.world import WITH_VOLUMES, World, only


def open_jobs(world: World) -> list[str]:
    """The nodes of all open jobs, each as often as it has one."""
    jobs = world.server.objects(JOBS)
    ended = [{c["type"]: c["status"] for c in job.status.get("conditions") or ()}.get("Succeeded") for job in jobs]
    return [job.spec["node"] for job, state in zip(jobs, ended, strict=True) if state in (None, "Unknown")]


async def test_there_is_never_more_than_one_open_job_per_deployment_and_node() -> None:
    world = await World("a", "b").begin()
    most: list[int] = []
    world.server.listen(lambda _: most.extend(Counter(open_jobs(world)).values()))
    for node in world.nodes:
        node.held = True
    for revision in range(1, 6):
        await world.apply(world.manifest(revision=revision, params=only(replicas=4, memory=f"{256 + revision}Mi")))
        await world.after(1)
    for node in world.nodes:
        node.held = False
    await world.after(60)
    assert world.said()["Ready"][0] == "True"
    assert set(most) == {1}


async def test_a_newer_revision_takes_back_what_still_waits_in_the_queue() -> None:
    world = await World().begin()
    world.nodes[0].held = True
    await world.deploy()
    (first,) = world.server.objects(JOBS)
    await world.deploy(revision=2, memory="300Mi")
    known = await world.broker.known(world.nodes[0].id)
    assert first.uid not in known
    assert len(known) == 1
    assert open_jobs(world) == [world.nodes[0].id]


async def test_a_newer_revision_asks_a_job_in_hand_to_stop_at_its_next_step() -> None:
    world = await World().begin()
    node = world.nodes[0]
    node.held = True
    await world.deploy()
    claim = node.take()
    assert claim is not None
    await world.deploy(revision=2, memory="300Mi")
    assert node.broker.control("0")[1] == [claim.uid]
    node.release()
    await world.after(30)
    assert world.said()["Ready"][0] == "True"
    assert {row.generation for row in node.table.values()} == {2}


async def test_a_new_resource_does_not_supersede_what_is_under_way() -> None:
    world = await World().begin()
    node = world.nodes[0]
    node.held = True
    await world.deploy(replicas=1)
    (first,) = world.server.objects(JOBS)
    await world.deploy(revision=2, replicas=2)
    assert len(world.server.objects(JOBS)) == 1
    node.held = False
    await world.after(10)
    assert world.said(JOBS, first.name)["Succeeded"][0] == "True"
    assert node.runs == {"machine/web-0", "machine/web-1"}
    assert node.steps == [("machine.ensure", "web-0"), ("machine.ensure", "web-1")]


async def test_an_emptied_queue_is_filled_again_and_nothing_is_done_twice() -> None:
    world = await World("a", "b").begin()
    for node in world.nodes:
        node.held = True
    await world.deploy(script=WITH_VOLUMES, replicas=4)
    world.redis.flush()
    for node in world.nodes:
        node.held = False
    await world.after(10)
    assert world.said()["Ready"][0] == "True"
    done = Counter(step for node in world.nodes for step in node.steps)
    assert set(done.values()) == {1}
    assert len(done) == 8


async def test_while_the_queue_is_away_edits_are_judged_and_told_and_later_done() -> None:
    world = await World().begin()
    await world.deploy()
    world.redis.down = True
    await world.apply(world.manifest("other"))
    await world.edit(script="loop {}")
    await world.after(5)
    assert world.said()["Ready"][:2] == ("False", "RevisionRefused")
    assert world.said(name="other")["SignatureVerified"][0] == "True"
    world.redis.down = False
    await world.after(60)
    assert world.said(name="other")["Planned"][:2] == ("False", "NameTaken")


async def test_a_deletion_while_the_queue_is_away_ends_when_it_is_back() -> None:
    world = await World().begin()
    await world.deploy()
    world.redis.down = True
    await world.delete()
    await world.after(30)
    assert world.names(MACHINES) == ["web-0"]
    world.redis.down = False
    await world.after(30)
    assert world.left == []


async def test_an_order_names_things_and_carries_only_what_was_signed() -> None:
    world = await World().begin()
    await world.deploy(script=WITH_VOLUMES)
    (job,) = world.server.objects(JOBS)
    assert set(job.spec) == {"node", "supervisor", "plan"}
    assert set(job.spec["plan"]) == {"deployment", "revision", "plan", "steps"}
    steps = [(step["kind"], step["verb"]) for step in job.spec["plan"]["steps"]]
    assert steps == [("volume", "ensure"), ("machine", "ensure")]


async def test_a_deployment_that_another_supervisor_serves_is_left_alone() -> None:
    world = await World().begin()
    world.controllers = (world.controller,)
    made = await world.apply(world.manifest())
    await world.server.apply_status(made, {"supervisor": {"name": "us", "epoch": 1}}, "hardpan-coord")
    before = len(world.server.writes)
    await world.after(60)
    assert world.writes(before) == {}
    assert world.names(MACHINES) == []
