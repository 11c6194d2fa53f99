"""What somebody changes by hand in the API is put right, and what runs is not touched by it."""

from __future__ import annotations

from typing import Any

import pytest

from controllers.supervisor.caches import JOBS, MACHINES, MARKS, VOLUMES
from crds.meta import DEPLOYMENT_FINALIZER
from tests.unit.controllers.supervisor.world import WITH_VOLUMES, World


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
