"""A node that is drained: machines without volumes move, in turn and never twice; the others say why they stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from controllers.supervisor.caches import MACHINES
from tests.unit.controllers.supervisor.fake_node import FakeNode
from tests.unit.controllers.supervisor.world import SCRIPT, WITH_VOLUMES, World, only
from tests.unit.trust import world as trusted


def placed(world: World) -> dict[str, str]:
    """Where each machine is, by the names that the nodes have in this world."""
    names = {node.id: node.name for node in world.nodes}
    return {each.name: names[each.spec["node"]] for each in world.server.objects(MACHINES)}


async def test_machines_of_a_drained_node_go_to_another_node() -> None:
    world, first = await running_on_a(replicas=3)
    await world.drain(first)
    await world.after(60)
    assert placed(world) == {"web-0": "b", "web-1": "b", "web-2": "b"}
    assert first.runs == set()
    assert world.said()["Ready"][0] == "True"


async def running_on_a(script: str = SCRIPT, **params: Any) -> tuple[World, FakeNode]:
    """A world of two nodes with all machines on the first."""
    world = await World("a", "b").begin()
    await world.decide(world.nodes[1], cordoned=True)
    await world.deploy(script=script, **params)
    await world.decide(world.nodes[1], cordoned=None)
    return world, world.nodes[0]


async def test_only_as_many_at_a_time_are_down_as_the_deployment_allows() -> None:
    world, first = await running_on_a(replicas=4)
    second = world.nodes[1]
    second.held = True
    await world.drain(first)
    await world.after(60)
    assert (len(first.runs), second.runs) == (3, set())
    second.held = False
    await world.after(60)
    assert (first.runs, len(second.runs)) == (set(), 4)


async def test_a_machine_is_made_elsewhere_only_after_its_node_signed_that_it_is_gone() -> None:
    world, first = await running_on_a()
    first.trouble[("machine", "web-0")] = "the process does not end"
    await world.drain(first)
    await world.after(120)
    assert placed(world) == {"web-0": "a"}
    assert world.nodes[1].runs == set()
    first.trouble.clear()
    await world.after(300)
    assert placed(world) == {"web-0": "b"}


async def test_a_machine_with_a_volume_stays_and_says_so() -> None:
    world, first = await running_on_a(WITH_VOLUMES)
    await world.drain(first)
    await world.after(60)
    assert placed(world) == {"web-0": "a"}
    assert "machine/web-0" in first.runs
    assert world.said(MACHINES, "web-0")["Placed"] == (
        "True",
        "Stays",
        f"{first.id} is drained, and it stays there: its volume data-0 is there, and volumes do not move: sign a"
        " revision without it",
    )


async def test_a_machine_that_is_to_get_a_volume_stays_and_says_so() -> None:
    world, first = await running_on_a(replicas=3)
    await world.apply(world.manifest("web", 2, WITH_VOLUMES, params=only(replicas=3)), settle=False)
    await world.drain(first)
    await world.after(60)
    assert placed(world) == {"web-0": "a", "web-1": "a", "web-2": "a"}
    assert "its volume data-2 is made where it is" in world.said(MACHINES, "web-2")["Placed"][2]
    assert "1 cordoned, 1 volume elsewhere" in world.said()["Scheduled"][2]


async def test_a_machine_for_which_no_other_node_has_room_is_not_taken_down() -> None:
    world = await World("a").begin()
    (first,) = world.nodes
    await world.deploy()
    await world.drain(first)
    await world.after(60)
    assert first.runs == {"machine/web-0"}
    why = world.said(MACHINES, "web-0")["Placed"]
    assert why[1] == "Stays"
    assert "no node fits. 1 nodes in region eu: 1 cordoned" in why[2]


async def stays(world: World, first: FakeNode, why: str) -> None:
    """Nothing moves, and the machine says why."""
    await world.after(30)
    assert first.runs == {"machine/web-0"}
    assert why in world.said(MACHINES, "web-0")["Placed"][2]


async def test_a_machine_whose_signature_ended_is_not_taken_down() -> None:
    world, first = await running_on_a()
    world.seconds += timedelta(days=61).total_seconds()
    await world.renew()
    await world.say(first)
    await world.drain(first)
    await stays(world, first, "its signature ended")


async def test_a_machine_is_not_taken_down_under_a_snapshot_that_ended() -> None:
    world, first = await running_on_a()
    world.seconds += 14 * trusted.DAY.total_seconds()
    await world.drain(first)
    await stays(world, first, "the trust snapshot ended")


async def test_a_machine_of_a_deployment_that_is_refused_is_not_taken_down() -> None:
    world, first = await running_on_a()
    await world.edit(script='log("mine");')
    await world.drain(first)
    await stays(world, first, "its deployment is refused as it stands")


async def test_a_machine_of_a_suspended_deployment_is_not_taken_down() -> None:
    world, first = await running_on_a()
    await world.edit(suspend=True)
    await world.drain(first)
    await stays(world, first, "spec.suspend")


async def test_nothing_is_taken_off_a_drained_node_that_is_silent() -> None:
    world, first = await running_on_a()
    await world.lose(first)
    await world.drain(first)
    await world.after(60)
    assert placed(world) == {"web-0": "a"}
    assert "nobody can tell that it stops there" in world.said(MACHINES, "web-0")["Placed"][2]


async def test_a_drained_node_gets_nothing_new_though_it_is_not_cordoned() -> None:
    world = await World("a").begin()
    await world.decide(world.nodes[0], draining=True)
    await world.deploy()
    await world.after(5)
    assert world.said()["Scheduled"][2].startswith("no node fits. 1 nodes in region eu: 1 cordoned")


async def test_what_moves_off_a_drained_node_needs_no_word_of_an_operator_more() -> None:
    world = await World("a", "b").begin()
    first, second = world.nodes
    await world.decide(second, cordoned=True)
    for number in range(8):
        await world.deploy(f"d{number}", script=SCRIPT.replace("web-", f"d{number}-"))
    await world.decide(second, cordoned=None)
    await world.drain(first)
    await world.after(60)
    assert first.runs == set()
    assert len(second.runs) == 8


async def test_uncordoning_keeps_what_has_not_moved_yet() -> None:
    world, first = await running_on_a()
    await world.lose(first)
    await world.drain(first)
    await world.decide(first, cordoned=None, draining=None)
    await world.find_again(first)
    await world.after(30)
    assert placed(world) == {"web-0": "a"}
    assert world.said(MACHINES, "web-0")["Placed"][1] == "Placed"


@pytest.mark.parametrize("field", ["draining", "removal"])
async def test_a_removed_node_is_drained_too(field: str) -> None:
    world, first = await running_on_a()
    await world.decide(first, **{field: True if field == "draining" else "Graceful"})
    await world.after(30)
    assert placed(world) == {"web-0": "b"}
