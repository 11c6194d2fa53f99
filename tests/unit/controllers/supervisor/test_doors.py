"""Who counts no longer is shut out of the queue: at once, once, and nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.demo.pki import Authority
from controllers.supervisor import credentials
from controllers.supervisor.caches import NODES
from controllers.supervisor.credentials import CredentialsDesk, QueueDoor, SiteAuthority
from controllers.supervisor.doors import Doors
from jobs.errors import Unavailable
from jobs.testing import MemoryControllerBroker
from tests.unit.controllers.supervisor.fake_node import FakeNode
from tests.unit.controllers.supervisor.world import World
from tests.unit.trust import world as trusted
from trust.dsse import decode
from trust.errors import Refusal
from trust.machine import sign
from trust.part import format_time
from trust.registration import CREDENTIALS_TYPE, CredentialsRequest

NOWHERE = QueueDoor("rediss://q", None)  # type: ignore[arg-type]


class Broker(MemoryControllerBroker):
    """Remembers whom it shut out; `away` while it is so."""

    away = False

    async def revoke(self, node: str) -> None:
        """See ControllerBroker."""
        if self.away:
            raise Unavailable("the queue is away")
        self.revoked = [*getattr(self, "revoked", []), node]
        await super().revoke(node)


async def house() -> tuple[World, Doors, Broker, FakeNode]:
    """A region of two nodes, and its doors."""
    world = await World("a", "b").begin()
    broker = Broker(world.redis)
    broker.revoked = []
    doors = Doors(broker, world.caches)
    await doors.look()
    assert broker.revoked == []
    return world, doors, broker, world.nodes[0]


async def freeze(world: World, node: FakeNode, status: str = "True") -> None:
    """The ledger's word on a conflict."""
    seen = world.find(NODES, node.id, "")
    assert seen is not None
    said = {"type": "Conflict", "status": status, "reason": "NodeConflict", "message": "two machines"}
    kept = [each for each in seen.status["conditions"] if each["type"] != "Conflict"]
    conditions = [*kept, {**said, "lastTransitionTime": format_time(world.now())}]
    await world.server.apply_status(seen, {**seen.status, "conditions": conditions}, "hardpan-ledger")
    await world.settle()


async def test_a_revoked_node_is_shut_out_once() -> None:
    world, doors, broker, node = await house()
    await world.renew(revokedNodes=[node.id])
    await world.settle()
    await doors.look()
    await doors.look()
    assert broker.revoked == [node.id]


async def test_both_machines_of_a_conflict_are_shut_out_and_let_in_again_when_it_is_resolved() -> None:
    world, doors, broker, node = await house()
    for turn in (1, 2):
        await freeze(world, node)
        await doors.look()
        assert broker.revoked == [node.id] * turn
        await freeze(world, node, "False")
        await doors.look()


async def test_a_node_that_was_deleted_is_shut_out() -> None:
    world, doors, broker, node = await house()
    seen = world.find(NODES, node.id, "")
    assert seen is not None
    await world.server.delete(seen)
    await world.settle()
    await doors.look()
    await doors.look()
    assert broker.revoked == [node.id]


async def test_a_node_that_was_deleted_while_nobody_led_is_shut_out() -> None:
    world, _, broker, node = await house()
    stranger = "n-" + "z" * 26
    for name in (node.id, stranger):
        await broker.grant(name, "password")
    doors = Doors(broker, world.caches)
    await doors.look()
    await doors.look()
    assert broker.revoked == [stranger]


async def test_who_could_not_be_shut_out_is_shut_out_later() -> None:
    world, doors, broker, node = await house()
    await freeze(world, node)
    broker.away = True
    with pytest.raises(Unavailable):
        await doors.look()
    broker.away = False
    await doors.look()
    assert broker.revoked == [node.id]


async def test_without_trust_nobody_is_shut_out() -> None:
    world, _, broker, _ = await house()
    for cache in world.caches.trust.caches:
        for seen in cache.all():
            cache.drop(seen)
    await world.restart()
    for seen in world.caches.trust.caches[0].all():
        world.caches.trust.caches[0].drop(seen)
    await Doors(broker, world.caches).look()
    assert broker.revoked == []


async def test_a_node_in_conflict_is_given_no_orders_and_no_credentials() -> None:
    world, _, broker, _ = await house()
    await world.deploy(replicas=1)
    home = next(each for each in world.nodes if each.runs)
    await freeze(world, home)
    before = list(home.steps)
    home.table.clear()
    await world.after(30)
    assert home.steps == before
    assert world.said()["Available"][:2] == ("Unknown", "NodeNotCertified")
    assert "frozen (NodeConflict)" in world.said()["Available"][2]
    authority = SiteAuthority(None, None)  # type: ignore[arg-type]
    desk = CredentialsDesk(world.caches.nodes, world.caches.trust.view, broker, authority, NOWHERE, world.now)
    body = CredentialsRequest(cluster=trusted.CLUSTER, node=home.id, time=format_time(world.now()), nonce="n")
    with pytest.raises(Refusal, match="two machines speak with the key"):
        await desk.answer(sign(CREDENTIALS_TYPE, body.to_bytes(), home.key, home.id))
    await freeze(world, home, "False")
    await world.after(30)
    assert home.runs == {"machine/web-0"}


@pytest.mark.parametrize("removal", ["Graceful", "Forget"])
async def test_a_removed_node_is_shut_out_also_by_a_supervisor_that_began_later_and_gets_no_credentials(
    removal: str,
) -> None:
    world, _, broker, node = await house()
    await world.decide(node, removal=removal)
    await world.say(node, "False", "NodeRemoved", approved="False")
    await world.settle()
    doors = Doors(broker, world.caches)
    await doors.look()
    await doors.look()
    assert broker.revoked == [node.id]
    authority = SiteAuthority(None, None)  # type: ignore[arg-type]
    desk = CredentialsDesk(world.caches.nodes, world.caches.trust.view, broker, authority, NOWHERE, world.now)
    body = CredentialsRequest(cluster=trusted.CLUSTER, node=node.id, time=format_time(world.now()), nonce="n")
    with pytest.raises(Refusal, match="by the operator"):
        await desk.answer(sign(CREDENTIALS_TYPE, body.to_bytes(), node.key, node.id))


async def test_a_node_that_is_being_removed_keeps_its_way_to_the_queue_until_it_is_empty() -> None:
    world, doors, broker, node = await house()
    await world.decide(node, removal="Graceful")
    await doors.look()
    assert broker.revoked == []


async def test_a_node_is_told_whom_the_queue_is_signed_by_where_that_is_not_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An external Redis has a certificate of its own authority, and nodes one of the site's."""
    world, _, broker, node = await house()
    monkeypatch.setattr(credentials, "seal", lambda _, data: data)
    site, queue = (Authority(tmp_path, name).pair for name in ("site", "queue"))
    door = QueueDoor("rediss://q", queue.certificate)
    authority = SiteAuthority(site.certificate, site.key)
    desk = CredentialsDesk(world.caches.nodes, world.caches.trust.view, broker, authority, door, world.now)
    body = CredentialsRequest(cluster=trusted.CLUSTER, node=node.id, time=format_time(world.now()), nonce="n")
    answer = await desk.answer(sign(CREDENTIALS_TYPE, body.to_bytes(), node.key, node.id))
    told = json.loads(decode(answer["sealed"]))
    assert told["url"] == "rediss://q"
    assert told["ca"] == queue.certificate.read_text()
