"""Whoever has the ledger writes any status: work still goes only where a signed certificate lets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controllers.supervisor.caches import MACHINES, NODES
from tests.unit.controllers.supervisor.fake_node import FakeNode
from tests.unit.controllers.supervisor.world import World
from tests.unit.trust import world as trusted
from trust.certificate import sign_with_token

LABELLED = 'machine("web-0", #{ cpus: 1, memory: "64Mi", image: params.image, node_labels: #{ vault: "yes" } });'


async def shown(world: World, node: FakeNode, spec: dict[str, Any] | None = None, **status: Any) -> None:
    """What the API server shows of a node from now on."""
    seen = world.find(NODES, node.id, "")
    assert seen is not None
    if spec is not None:
        seen = await world.server.patch(seen, {"spec": spec})
    await world.server.apply_status(seen, {**seen.status, **status}, "hardpan-ledger")
    await world.settle()


async def test_labels_that_only_the_ledger_claims_place_nothing() -> None:
    world = await World("mine", "other").begin()
    await shown(world, world.nodes[0], labels={"vault": "yes", "disk": "ssd"})
    await world.deploy(script=LABELLED)
    assert world.names(MACHINES) == []
    assert world.said()["Scheduled"][2] == "no node fits. 2 nodes in region eu: 2 label vault=yes missing"


async def test_a_region_that_only_the_ledger_claims_places_nothing() -> None:
    world = World("there", "home")
    world.nodes[0].region = "us"
    world.nodes[0].certificate = trusted.certificate("there", region="us")
    world.trust.records["JoinToken/far"] = trusted.token(region="us")
    foreign = sign_with_token(trusted.certificate("there", region="us", token="far"), trusted.machine_key("token"))
    await world.begin()
    await shown(world, world.nodes[0], {"certificate": foreign.decode()}, region="eu")
    await shown(world, world.nodes[1], region="us")
    await world.deploy(replicas=2)
    assert world.nodes[0].runs == set()
    assert world.nodes[1].runs == {"machine/web-0", "machine/web-1"}


def _of_another(_: FakeNode) -> str:
    return trusted.vouched("mallory").decode()


def _signed_by_itself(node: FakeNode) -> str:
    return sign_with_token(trusted.certificate(node.name), trusted.machine_key("mallory")).decode()


def _more_than_its_token(node: FakeNode) -> str:
    return trusted.vouched(node.name, labels={"vault": "yes"}).decode()


def _by_a_token_that_is_not_listed(node: FakeNode) -> str:
    return trusted.vouched(node.name, token="mine").decode()


CERTIFICATES: dict[Callable[[FakeNode], str | None], str] = {
    lambda _: None: "CertificateRefused",
    _of_another: "CertificateRefused",
    _signed_by_itself: "BadSignature",
    _more_than_its_token: "CertificateRefused",
    _by_a_token_that_is_not_listed: "TokenUnknown",
}


@pytest.mark.parametrize("certificate", CERTIFICATES)
async def test_a_node_that_only_the_ledger_approves_gets_nothing(certificate: Callable[[FakeNode], str | None]) -> None:
    world = await World().begin()
    node = world.nodes[0]
    await shown(world, node, {"certificate": certificate(node)})
    await world.deploy()
    assert node.runs == set()
    assert world.said()["Scheduled"] == (
        "False",
        "NoNodeFits",
        f"no node fits. 1 nodes in region eu: 1 not certified ({CERTIFICATES[certificate]})",
    )


async def _revoked() -> tuple[World, FakeNode]:
    """A node that runs something is revoked, and the ledger goes on to call it approved and ready."""
    world = await World().begin()
    await world.deploy()
    await world.renew(revokedNodes=[world.nodes[0].id])
    await world.settle()
    return world, world.nodes[0]


async def test_a_revoked_node_gets_no_orders_and_is_not_believed_whatever_the_ledger_says() -> None:
    world, node = await _revoked()
    steps = list(node.steps)
    node.table.clear()
    await world.after(30)
    assert node.steps == steps
    assert world.reports.of(node.id) is None
    why = f"what {node.id} (not certified (NodeRevoked)) says does not count"
    assert world.said()["Available"] == ("Unknown", "NodeNotCertified", why)
    assert world.said(MACHINES, "web-0")["Ready"][:2] == ("Unknown", "NodeNotCertified")


async def test_what_a_node_said_last_before_it_was_revoked_counts_no_longer() -> None:
    world = await World().begin()
    await world.deploy()
    node = world.nodes[0]
    assert world.reports.of(node.id) is not None
    node.down = True
    await world.renew(revokedNodes=[node.id])
    await world.settle()
    await world.inbox.look()
    assert world.reports.of(node.id) is None


async def test_what_a_revoked_node_runs_is_removed_when_it_counts_again_and_not_before() -> None:
    world, _ = await _revoked()
    await world.delete()
    await world.after(30)
    assert world.names(MACHINES) == ["web-0"]
    assert "(not certified (NodeRevoked): approve it anew, or `kubectl hardpan forget node" in world.said()["Ready"][2]
    await world.renew(revokedNodes=[])
    await world.after(30)
    assert world.left == []


async def test_a_report_counts_by_the_certificate_s_key_and_not_by_the_one_that_is_shown() -> None:
    world = await World().begin()
    await world.deploy()
    node = world.nodes[0]
    await shown(world, node, {"signingKey": trusted.raw("mallory")})
    node.key = trusted.machine_key("mallory")
    node.states[("machine", "web-0")] = "failed"
    await world.after(30)
    assert world.reports.of(node.id) is None
    assert "guest kernel panic" not in str(world.said(MACHINES, "web-0"))


async def test_without_the_ledger_s_word_a_certificate_alone_places_nothing() -> None:
    world = await World().begin()
    await world.say(world.nodes[0], "False", "Revoked", approved="False")
    await world.deploy()
    assert world.said()["Scheduled"][2] == "no node fits. 1 nodes in region eu: 1 not approved (Revoked)"
