"""The brake: a mistake takes a few machines only, and an operator's word lets go exactly what was asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controllers.loop.objects import resource_of
from controllers.supervisor.brake import Removal, held
from controllers.supervisor.caches import MACHINES, VOLUMES
from crds.meta import REMOVALS_AGREED_UNTIL
from crds.supervisor import SUPERVISOR
from tests.unit.controllers.supervisor.world import SUPERVISOR as NAME
from tests.unit.controllers.supervisor.world import WITH_VOLUMES, World
from tests.unit.trust.world import NOW
from trust.part import parse_time


def removals(*minutes: float, region: str = "eu") -> list[Removal]:
    """Removals asked for so many minutes from now."""
    return [Removal(f"{region}-{i}", region, NOW + timedelta(minutes=at)) for i, at in enumerate(minutes)]


def waiting(found: list[Removal], machines: int = 20, agreed: datetime | None = None) -> set[str]:
    """The uids that wait in regions of so many machines."""
    return set(held(found, {"eu": machines, "us": machines}, agreed, NAME))


def test_five_removals_at_once_are_always_allowed() -> None:
    assert waiting(removals(0, 0, 0, 0, 0)) == set()


def test_the_sixth_holds_all_of_them() -> None:
    assert len(waiting(removals(0, 0, 0, 0, 0, 0))) == 6


def test_a_tenth_of_a_big_region_is_allowed() -> None:
    assert waiting(removals(*[0] * 10), machines=100) == set()
    assert len(waiting(removals(*[0] * 11), machines=100)) == 11
    assert len(waiting(removals(*[0] * 10), machines=99)) == 10


def test_removals_far_apart_are_no_burst() -> None:
    assert waiting(removals(*range(0, 200, 3))) == set()


def test_within_ten_minutes_means_ten_minutes() -> None:
    assert len(waiting(removals(0, 2, 4, 6, 8, 10))) == 6
    assert waiting(removals(0, 2, 4, 6, 8, 10.1)) == set()


def test_only_the_burst_waits() -> None:
    found = removals(-60, 0, 0, 0, 0, 0, 0, 60)
    assert waiting(found) == {f"eu-{i}" for i in range(1, 7)}


def test_regions_count_by_themselves() -> None:
    assert waiting([*removals(0, 0, 0), *removals(0, 0, 0, region="us")]) == set()


def test_time_alone_lets_nothing_go() -> None:
    found = removals(-9999, -9999, -9999, -9999, -9999, -9999)
    assert len(waiting(found)) == 6


def test_what_was_agreed_to_neither_waits_nor_counts_for_what_is_asked_for_later() -> None:
    found = removals(0, 0, 0, 0, 0, 0, 5, 5, 5)
    assert waiting(found, agreed=NOW) == set()
    assert len(waiting(removals(0, 0, 0, 0, 0, 0, *[5] * 6), agreed=NOW)) == 6


def test_the_sentence_counts_and_gives_the_command() -> None:
    sentence = held(removals(0, 1, 2, 3, 4, 5), {"eu": 20}, None, "eu")["eu-0"]
    assert sentence == (
        "6 machines of region eu are to be removed at once, more than 5 in 10 minutes need an operator's word; if it is"
        " meant: kubectl annotate supervisors.hardpan.dev eu --overwrite"
        " hardpan.dev/removals-agreed-until=2026-11-24T12:05:00Z"
    )


def test_the_time_in_the_sentence_is_enough_to_let_all_of_them_go() -> None:
    found = removals(0, 1, 2, 3, 4, 5)
    sentence = held(found, {"eu": 20}, None, "eu")["eu-0"]
    assert waiting(found, agreed=parse_time(sentence.rpartition("=")[2])) == set()


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(0, 400))
def test_in_no_ten_minutes_more_go_than_are_allowed(minutes: list[int], machines: int) -> None:
    found = removals(*minutes)
    stay = waiting(found, machines)
    allowed = max(5, machines // 10)
    for each in found:
        near = [one for one in found if timedelta() <= one.asked - each.asked <= timedelta(minutes=10)]
        assert len([one for one in near if one.uid not in stay]) <= allowed


# In a region ----------------------------------------------------------------------------------------------------------


async def region(machines: int, name: str = "web", **params: Any) -> World:
    world = await World("node", "other").begin()
    await world.deploy(name, script=WITH_VOLUMES, replicas=machines, memory="64Mi", size="16Mi", **params)
    assert world.said(name=name)["Ready"][0] == "True"
    return world


def left(world: World) -> int:
    return sum(1 for node in world.nodes for each in node.runs if each.startswith("machine/"))


async def agree(world: World, until: str) -> None:
    """What the sentence tells the operator to run."""
    seen = world.find(resource_of(SUPERVISOR), NAME, "")
    assert seen is not None
    await world.server.patch(seen, {"metadata": {"annotations": {REMOVALS_AGREED_UNTIL: until}}})
    await world.settle()


async def test_the_delete_of_a_small_deployment_is_untouched() -> None:
    world = await region(5)
    await world.delete()
    await world.after(10)
    assert world.left == []


async def test_a_mass_delete_waits_until_an_operator_agrees() -> None:
    world = await region(8)
    await world.delete()
    await world.after(5)
    said = world.said()
    assert left(world) >= 3
    assert said["Available"][:2] == ("False", "RemovalsHalted")
    assert said["Stalled"][:2] == ("True", "RemovalsHalted")
    assert "need an operator's word" in world.said(MACHINES, world.names(MACHINES)[0])["Ready"][2]
    await world.after(1800, step=30)
    halted = left(world)
    assert halted >= 3
    command = world.said()["Stalled"][2]
    await agree(world, command.rpartition("=")[2])
    await world.after(20)
    assert world.left == []


async def test_many_small_deletes_in_a_row_are_a_burst_too() -> None:
    world = await World("node").begin()
    for number in range(8):
        await world.deploy(f"web-{number}", script=SINGLE.replace("NAME", f"m{number}"))
    for number in range(8):
        await world.delete(name=f"web-{number}")
        await world.after(10)
    assert left(world) == 3
    assert "RemovalsHalted" in world.said(name="web-7")["Available"][1]


async def test_small_deletes_with_time_between_them_go() -> None:
    world = await World("node").begin()
    for number in range(8):
        await world.deploy(f"web-{number}", script=SINGLE.replace("NAME", f"m{number}"))
    for number in range(8):
        await world.delete(name=f"web-{number}")
        await world.after(180, step=10)
    assert world.left == []


async def test_a_restart_of_the_supervisor_lets_nothing_go() -> None:
    world = await region(12)
    await world.delete()
    await world.after(5)
    halted = left(world)
    assert halted >= 7
    await world.restart()
    await world.after(120, step=10)
    assert left(world) == halted


async def test_a_node_that_is_forgotten_holds_no_removal() -> None:
    world = await region(12)
    for node in world.nodes:
        await world.lose(node)
    await world.delete()
    for node in world.nodes:
        await world.forget(node)
    await world.after(20)
    assert world.left == []


async def test_a_smaller_revision_that_removes_many_is_ready_and_says_that_removals_are_halted() -> None:
    world = await region(9)
    await world.deploy(revision=2, script=WITH_VOLUMES, replicas=1, memory="64Mi", size="16Mi")
    await world.after(5)
    assert left(world) >= 4
    assert world.said()["Ready"][0] == "True"
    assert world.said()["Progressing"][:2] == ("True", "RemovalsHalted")
    assert world.said()["Stalled"][:2] == ("True", "RemovalsHalted")
    assert "volume/data-0" in {each for node in world.nodes for each in node.runs}
    assert len(world.names(VOLUMES)) >= 4


SINGLE = 'machine("NAME", #{ cpus: 1, memory: "64Mi", image: params.image });'
