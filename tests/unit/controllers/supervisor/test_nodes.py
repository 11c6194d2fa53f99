"""Nodes come and go: nothing stays True on old evidence, nothing moves without proof, only approved ones get orders."""

from __future__ import annotations

import pytest

from controllers.loop.objects import ObjectKey
from controllers.supervisor import observe
from controllers.supervisor.caches import JOBS, MACHINES, NODES
from tests.unit.controllers.supervisor.fake_node import FakeNode
from tests.unit.controllers.supervisor.world import WITH_VOLUMES, World


async def test_a_lost_node_turns_what_depends_on_it_unknown_and_nothing_is_replaced() -> None:
    world = await World("a", "b").begin()
    await world.deploy(replicas=1)
    home = next(node for node in world.nodes if node.runs)
    await world.lose(home)
    await world.after(5)
    assert world.said()["Ready"] == ("Unknown", "NodeUnreachable", f"no report from {home.id}")
    assert world.said(MACHINES, "web-0")["Ready"][:2] == ("Unknown", "NodeUnreachable")
    await world.after(3600, step=60)
    assert [each.spec["node"] for each in world.server.objects(MACHINES)] == [home.id]
    await world.find_again(home)
    await world.after(15)
    assert world.said()["Ready"][0] == "True"
    assert len(home.steps) == 1


async def test_other_deployments_do_not_notice_a_lost_node() -> None:
    world = await World("a", "b").begin()
    await world.deploy("one", script=spread("one"))
    home = next(node for node in world.nodes if node.runs)
    home.capacity = (1, 1 << 30, 1 << 40)
    await world.say(home)
    await world.deploy("two", script=spread("two"))
    assert {node.name for node in world.nodes if node.runs} == {"a", "b"}
    await world.lose(home)
    await world.after(5)
    assert world.said(name="one")["Ready"][0] == "Unknown"
    assert world.said(name="two")["Ready"][0] == "True"


def spread(name: str) -> str:
    return f'machine("{name}", #{{ cpus: 1, memory: "600Mi", image: params.image }});'


async def binned_away_from_the_better_node() -> tuple[World, FakeNode, FakeNode]:
    """A world of two nodes: one has the volume of a deleted deployment in its bin, the other is the better one now."""
    world = await World("a", "b").begin()
    await world.deploy(script=WITH_VOLUMES)
    keeper, other = sorted(world.nodes, key=lambda node: not node.runs)
    await world.delete()
    await world.after(10)
    other.capacity = (8, 4 << 30, 1 << 40)
    await world.say(other)
    return world, keeper, other


async def test_a_volume_comes_back_on_the_node_whose_bin_has_it() -> None:
    world, keeper, other = await binned_away_from_the_better_node()
    await world.deploy(revision=2, script=WITH_VOLUMES)
    assert keeper.runs == {"machine/web-0", "volume/data-0"}
    assert other.runs == set()


async def test_a_volume_in_the_bin_of_a_lost_node_is_waited_for_and_not_made_empty_elsewhere() -> None:
    world, keeper, other = await binned_away_from_the_better_node()
    await world.lose(keeper)
    await world.deploy(revision=2, script=WITH_VOLUMES)
    await world.after(600, step=30)
    assert other.runs == set()
    assert "1 volume in another node's bin, 1 unreachable" in world.said()["Ready"][2]


async def test_a_volume_whose_time_in_the_bin_is_over_is_made_anywhere() -> None:
    world, keeper, other = await binned_away_from_the_better_node()
    keeper.bin.clear()
    await world.after(15)
    await world.deploy(revision=2, script=WITH_VOLUMES)
    assert other.runs == {"machine/web-0", "volume/data-0"}


async def test_a_node_that_lost_its_machines_gets_them_ordered_again() -> None:
    world = await World().begin()
    await world.deploy(script=WITH_VOLUMES)
    node = world.nodes[0]
    node.table.clear()
    await world.after(15)
    assert node.runs == {"machine/web-0", "volume/data-0"}
    assert world.said()["Ready"][0] == "True"
    assert len(world.names(JOBS)) == 2


async def test_a_node_that_comes_back_empty_after_a_silence_is_noticed() -> None:
    world = await World().begin()
    await world.deploy()
    node = world.nodes[0]
    node.down = True
    await world.after(60)
    node.table.clear()
    node.down = False
    await world.after(15)
    assert node.runs == {"machine/web-0"}


async def test_a_report_that_the_queue_repeats_for_ever_grows_old() -> None:
    world = await World().begin()
    await world.deploy()
    node = world.nodes[0]
    old = node.report()
    node.down = True
    for _ in range(20):
        node.broker.put_heartbeat(old)
        await world.after(5, step=5)
    assert world.reports.of(node.id) is None


async def test_an_older_report_does_not_undo_a_newer_one() -> None:
    world = await World().begin()
    await world.deploy()
    node = world.nodes[0]
    good = node.report()
    node.states[("machine", "web-0")] = "failed"
    node.say_changed()
    await world.after(2)
    assert world.said(MACHINES, "web-0")["Ready"][:2] == ("False", "Failed")
    node.down = True
    node.broker.put_heartbeat(good)
    await world.after(10)
    assert world.said(MACHINES, "web-0")["Ready"][:2] == ("False", "Failed")


async def test_a_report_of_another_node_or_another_key_is_not_believed() -> None:
    world = await World("a", "b").begin()
    a, b = world.nodes
    a.down = True
    await world.after(60)
    a.broker.put_heartbeat(b.report())
    await world.inbox.look()
    assert world.reports.of(a.id) is None


async def test_a_node_that_is_not_approved_gets_nothing_and_the_reason_is_counted() -> None:
    world = await World().begin()
    await world.say(world.nodes[0], "False", "WaitingForApproval", approved="False")
    await world.deploy()
    await world.after(5)
    assert world.said()["Scheduled"][2] == "no node fits. 1 nodes in region eu: 1 not approved (WaitingForApproval)"
    await world.say(world.nodes[0])
    await world.settle()
    assert world.said()["Ready"][0] == "True"


async def test_a_node_whose_approval_was_taken_away_is_ordered_nothing_more() -> None:
    world = await World().begin()
    await world.deploy()
    await world.say(world.nodes[0], "False", "WaitingForApproval", approved="False")
    await world.deploy(revision=2, memory="300Mi")
    await world.after(30)
    assert len(world.nodes[0].steps) == 1
    assert world.said()["Ready"][0] == "Unknown"


async def test_a_forgotten_node_is_told_at_once_and_a_deleted_machine_finds_another() -> None:
    world = await World("a", "b").begin()
    await world.deploy()
    home = next(node for node in world.nodes if node.runs)
    await world.lose(home)
    await world.forget(home)
    await world.after(2)
    assert "was forgotten by the operator" in world.said(MACHINES, "web-0")["Ready"][2]
    await world.delete(MACHINES, "web-0")
    await world.after(10)
    assert world.said()["Ready"][0] == "True"
    assert [each.spec["node"] for each in world.server.objects(MACHINES)] != [home.id]


async def test_nothing_is_remembered_of_a_forgotten_node() -> None:
    world = await World("a", "b").begin()
    await world.after(6)
    gone = world.nodes[0]
    gone.down = True
    await world.forget(gone)
    await world.after(6)
    assert world.reports.of(gone.id) is None
    assert gone.id not in world.caches._node_states


async def test_reports_that_change_nothing_for_placement_wake_nobody() -> None:
    world = await World().begin()
    await world.deploy()
    seen = world.find(NODES, world.nodes[0].id, "")
    assert seen is not None
    await world.server.apply_status(seen, {**seen.status, "boot": "another"}, "hardpan-ledger")
    await world._work()
    assert ObjectKey("a", "web") not in world.controller.queue._since
    before = len(world.server.writes)
    await world.settle()
    assert len(world.server.writes) == before


async def test_a_node_is_given_no_more_than_its_report_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(observe, "MOST_ROWS", 2)
    world = await World().begin()
    await world.deploy(replicas=3)
    assert len(world.names(MACHINES)) == 2
    assert "1 too many machines and volumes" in world.said()["Scheduled"][2]


async def test_a_plan_that_fits_no_node_stays_pending_with_counted_reasons_until_there_is_room() -> None:
    world = await World("a", "b").begin()
    await world.deploy(replicas=3, memory="6Gi")
    await world.after(3)
    said = world.said()
    assert said["Scheduled"][:2] == ("False", "NoNodeFits")
    assert said["Scheduled"][2].startswith(
        "no node fits. 2 nodes in region eu: 2 too little memory (need 6144Mi; most free: 2048Mi"
    )
    assert said["Stalled"][:2] == ("True", "NoNodeFits")
    assert world.deployment().status["counts"]["summary"] == "2/3"
    (placement,) = world.deployment().status["placement"]
    assert (placement["evaluated"], placement["filtered"]) == (2, {"too little memory": 2})
    world.nodes[0].capacity = (8, 16 << 30, 100 << 30)
    await world.say(world.nodes[0])
    await world.settle()
    assert world.said()["Ready"][0] == "True"
