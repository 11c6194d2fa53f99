"""A store that was set back to an older state: what nodes hold is found where it is, and nothing old returns."""

from __future__ import annotations

import copy

from controllers.loop.testing.memory import MemoryKube
from controllers.supervisor.caches import MACHINES, NODES, VOLUMES
from controllers.supervisor.reports import STALE_SECONDS
from tests.unit.controllers.supervisor.world import WITH_VOLUMES, World, only
from trust.gate import Fence


class Backup:
    """What an API server holds at one moment."""

    def __init__(self, server: MemoryKube) -> None:
        self._kept = copy.deepcopy((server._objects, server._owners, server._version))

    async def restore(self, world: World) -> None:
        """Sets it back; the supervisor starts anew, as it does when it finds its lease older than it wrote it."""
        server = world.server
        server._objects, server._owners, server._version = copy.deepcopy(self._kept)
        await world.restart()
        await world.after(10)


def homes(world: World) -> dict[str, str]:
    """The nodes by what they hold."""
    return {each: node.id for node in world.nodes for each in node.runs}


def steps(world: World) -> int:
    """How many effects there were."""
    return sum(len(node.steps) for node in world.nodes)


async def cordon(world: World) -> None:
    """No node takes anything new."""
    for seen in world.server.objects(NODES):
        await world.server.patch(seen, {"spec": {"cordoned": True}})


async def test_what_was_made_after_the_backup_is_found_where_it_is() -> None:
    world = await World("a", "b").begin()
    await world.deploy(script=WITH_VOLUMES)
    backup = Backup(world.server)
    wider = world.manifest(revision=2, script=WITH_VOLUMES, params=only(replicas=4))
    await world.apply(wider)
    await world.after(10)
    before = homes(world)
    await backup.restore(world)
    await cordon(world)
    await world.apply(wider)
    await world.after(30)
    assert homes(world) == before
    assert world.said()["Ready"][0] == "True"


async def test_a_deployment_that_is_applied_anew_after_its_loss_finds_what_it_left() -> None:
    world = await World("a", "b").begin()
    backup = Backup(world.server)
    manifest = world.manifest(script=WITH_VOLUMES)
    await world.apply(manifest)
    before = homes(world)
    await backup.restore(world)
    await cordon(world)
    await world.apply(manifest)
    await world.after(30)
    assert homes(world) == before
    assert world.said()["Ready"][0] == "True"


async def test_a_change_after_the_backup_is_not_undone_and_can_be_made_again() -> None:
    world = await World("a").begin()
    await world.deploy()
    backup = Backup(world.server)
    for revision in (2, 3):
        changed = world.manifest(revision=revision, params=only(memory=f"{256 + revision}Mi"))
        await world.apply(changed)
        await world.after(10)
    done = steps(world)
    await backup.restore(world)
    assert steps(world) == done
    await world.apply(changed)
    await world.after(30)
    assert world.said()["Ready"][0] == "True"


async def test_what_is_behind_its_node_can_be_removed() -> None:
    world = await World("a").begin()
    await world.deploy(script=WITH_VOLUMES)
    backup = Backup(world.server)
    for revision in (2, 3, 4):
        await world.deploy(revision=revision, script=WITH_VOLUMES, memory=f"{256 + revision}Mi")
        await world.after(10)
    await backup.restore(world)
    await world.delete()
    await world.after(30)
    assert homes(world) == {}
    assert world.names(MACHINES) == world.names(VOLUMES) == []


async def test_a_removal_that_its_node_finds_too_old_gets_one_more_epoch_for_each_refusal() -> None:
    world = await World("a").begin()
    await world.deploy(replicas=1)
    (node,) = world.nodes
    node.fences = {place: Fence(3, 1) for place in node.fences}
    before = len(world.server.writes)
    await world.delete()
    await world.after(30)
    assert world.left == []
    assert node.refusals == ["StaleEpoch"] * 2
    assert world.writes(before)["Machine patch"] == 2 + 1


async def test_nothing_is_placed_before_nodes_have_said_what_they_hold() -> None:
    world = await World("a", "b").begin()
    for node in world.nodes:
        world.redis.queue(node.id, make=True).heartbeat = None
        node.down = True
    await world.restart()
    await world.deploy()
    await world.after(10)
    assert world.names(MACHINES) == []
    await world.after(STALE_SECONDS)
    assert world.names(MACHINES) == ["web-0"]
