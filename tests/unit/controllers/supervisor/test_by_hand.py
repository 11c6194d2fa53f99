"""What somebody changes by hand in the API is put right, and what runs is not touched by it."""

from __future__ import annotations

from typing import Any

import pytest

from controllers.supervisor.caches import JOBS, MACHINES, MARKS, VOLUMES
from crds.meta import DEPLOYMENT_FINALIZER
from tests.unit.controllers.supervisor.world import WITH_VOLUMES, World

LONE_VOLUME = """
volume("data-0", #{ size: params.size });
machine("web-0", #{ cpus: 1, memory: params.memory, image: params.image });
"""


async def running() -> World:
    """A world in which `web` runs with volumes."""
    world = await World().begin()
    await world.deploy(script=WITH_VOLUMES)
    assert world.said()["Ready"][0] == "True"
    return world


async def well(world: World) -> None:
    """It is Ready, within the longest time that a settled deployment is not looked at."""
    await world.settle()
    await world.after(310)
    assert world.said()["Ready"][0] == "True"


def started(world: World) -> int:
    """How often the node was asked to ensure a machine."""
    return len(world.nodes[0].steps)


@pytest.mark.parametrize("field", ["cpus", "memory", "disk", "volumes"])
async def test_what_a_machine_s_spec_shows_of_its_item_is_written_back(field: str) -> None:
    world = await running()
    name = world.names(MACHINES)[0]
    before = world.find(MACHINES, name)
    assert before is not None
    wrong: Any = [] if field == "volumes" else before.spec[field] + 1
    await world.server.patch(before, {"spec": {field: wrong}})
    await well(world)
    after = world.find(MACHINES, name)
    assert after is not None
    assert after.spec == before.spec


@pytest.mark.parametrize("resource", [MACHINES, VOLUMES], ids=str)
async def test_a_status_that_was_cleared_is_written_anew(resource: Any) -> None:
    world = await running()
    name = world.names(resource)[0]
    seen = world.find(resource, name)
    assert seen is not None
    conditions = [each | {"status": "False", "reason": "Invented"} for each in seen.status["conditions"]]
    await world.server.apply_status(seen, {**seen.status, "conditions": conditions}, "hardpan-supervisor")
    await well(world)
    assert {each[1] for each in world.said(resource, name).values()}.isdisjoint({"Invented"})


async def test_a_machine_and_a_volume_that_were_deleted_come_back_with_the_same_data() -> None:
    world = await running()
    volume, machine = world.names(VOLUMES)[0], world.names(MACHINES)[0]
    await world.delete(MACHINES, machine)
    await well(world)
    assert machine in world.names(MACHINES)
    assert volume in world.names(VOLUMES)


async def test_a_volume_that_was_deleted_while_a_machine_has_it_stays_and_says_what_to_do() -> None:
    world = await running()
    volume, machine = world.names(VOLUMES)[0], world.names(MACHINES)[0]
    await world.delete(VOLUMES, volume)
    await world.after(60)
    remedy = f"`kubectl delete machines.hardpan.dev {machine}`"
    assert remedy in world.said()["Ready"][2]
    assert remedy in world.said(VOLUMES, volume)["Ready"][2]
    assert world.said(MACHINES, machine)["Ready"][0] == "True"
    assert world.nodes[0].runs == {f"machine/{machine}", f"volume/{volume}"}
    await world.delete(MACHINES, machine)
    await well(world)


async def test_the_same_is_said_when_the_machine_was_only_about_to_get_it() -> None:
    world = await World().begin()
    await world.deploy(script=LONE_VOLUME)
    (node,) = world.nodes
    node.held = True
    await world.deploy(script=WITH_VOLUMES, revision=2)
    await world.delete(VOLUMES, "data-0")
    (job,) = [each for each in world.server.objects(JOBS) if "Succeeded" not in world.said(JOBS, each.name)]
    await world.delete(JOBS, job.name)
    await world.after(60)
    assert "`kubectl delete machines.hardpan.dev web-0`" in world.said()["Ready"][2]
    node.held = False
    await world.delete(MACHINES, "web-0")
    await well(world)


async def test_jobs_that_were_deleted_cost_nothing() -> None:
    world = await running()
    before = started(world)
    for name in world.names(JOBS):
        await world.delete(JOBS, name)
    await well(world)
    assert started(world) == before


async def test_a_mark_that_was_deleted_is_written_anew() -> None:
    world = await running()
    mark = world.mark
    await world.server.delete(mark)
    await well(world)
    assert world.find(MARKS, mark.name, "") is not None
    assert world.mark.spec == mark.spec


async def test_a_finalizer_that_was_removed_is_put_back() -> None:
    world = await running()
    await world.server.set_finalizers(world.deployment(), [])
    await well(world)
    assert DEPLOYMENT_FINALIZER in world.deployment().finalizers
