"""A node and a deployment come for the test only with what the operator brought, and go whatever happens to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cli.doctor.examination import examine
from cli.doctor.testing import FakeInstallation
from cli.helm_test import life
from cli.helm_test.__main__ import line
from cli.helm_test.settings import Guest
from cli.helm_test.simulated import IMAGE_DIGEST, SimulatedNode
from cli.helm_test.testing import FakeDoor, ground
from controllers.loop.objects import ObjectKey, Resource
from plans.evaluate import evaluate
from tests.unit.node_agent.cluster import Cluster, seed
from trust.dsse import encode
from trust.snapshot import open_bytes

NODE = "n-" + "b" * 26
NODES, DEPLOYMENTS = "nodes.hardpan.dev", "deployments.hardpan.dev"
READY = {"conditions": [{"type": "Ready", "status": "True", "reason": "AsDescribed", "message": ""}]}
STUCK = {"conditions": [{"type": "Ready", "status": "False", "reason": "NoNodeFits", "message": "1 node looked at"}]}


class World:
    """An operator who brought everything, and controllers that make all Ready."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.door, self.running, self.folder = FakeDoor(), [], folder
        self.door.held[NODES, ObjectKey("", NODE)] = {"metadata": {"name": NODE}, "status": READY}
        self.says(READY)
        self.cluster = Cluster(token_labels={"helm-test": "yes"})
        self.guest = Guest("rack", folder / "seed", folder / "key", "a")
        self.guest.seed.write_text(encode(seed("token")))
        self.key(Ed25519PrivateKey.from_private_bytes(seed("alice")))
        monkeypatch.setattr(life, "running", self.simulated)
        monkeypatch.setattr(life, "SECONDS", 0.0)

    def key(self, key: Any, form: PrivateFormat = PrivateFormat.OpenSSH) -> None:
        """The user's key is this one."""
        self.guest.key.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))

    def says(self, status: dict[str, Any]) -> None:
        """What controllers make of a deployment."""
        self.door.controllers = lambda made: made.update(status=status)

    @contextmanager
    def simulated(self, *_: object) -> Iterator[SimulatedNode]:
        """A node without threads."""
        self.running.append(NODE)
        try:
            yield SimulatedNode(NODE, ["queue Away Unreachable: no answer"])
        finally:
            self.running.remove(NODE)

    def test(self) -> list[str]:
        """The lines of the step."""
        view = open_bytes(self.cluster.bundle(), self.cluster.id)
        found = examine([life.CHECK], ground(None, self.door, FakeInstallation(view=view), self.guest))
        assert self.running == []
        return [line(each) for each in found]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def gone(world: World) -> bool:
    """Whether the test took away what it brought."""
    return world.door.deleted == [f"{DEPLOYMENTS} a/helm-test", f"{NODES} {NODE}"]


def test_without_a_guest_nothing_comes_and_it_is_said_what_would_be_needed() -> None:
    [found] = examine([life.CHECK], ground())
    assert line(found).startswith("– node and deployment: no join token and no user's key were brought")


def test_a_node_and_a_signed_deployment_come_and_go(world: World) -> None:
    said = world.test()
    assert [each[0] for each in said] == ["✓", "✓", "✓"]
    assert gone(world)
    [made] = world.door.created
    plan = evaluate(made["spec"]["script"], made["spec"]["params"]).plan
    assert made["spec"]["plan"] == plan.digest
    [item] = [each.item.wire() for each in plan.resources]
    assert item["nodeLabels"] == {"helm-test": "yes"}
    assert item["image"] == {"url": "https://images.example/none.raw", "sha256": IMAGE_DIGEST}


@pytest.mark.parametrize("kept", [False, True])
def test_a_deployment_that_is_not_ready_is_told_in_its_own_words_and_taken_away(world: World, kept: bool) -> None:
    world.says(STUCK)
    world.door.keeping = kept
    said = world.test()[-1]
    assert said.startswith("✗ node and deployment: deployment a/helm-test: Ready=False NoNodeFits. 1 node looked at → ")
    assert said.endswith("kubectl hardpan explain deployment helm-test -n a")
    assert gone(world)


def test_a_deployment_that_does_not_go_is_told_and_its_node_goes_all_the_same(world: World) -> None:
    world.door.keeping = True
    assert world.test()[-1].startswith("✗ node and deployment: deployment a/helm-test: Ready=True")
    assert gone(world)


def test_who_ends_the_pod_half_way_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_: object, what: Resource, *__: object) -> None:
        if what.kind == "Deployment":
            sys.exit(1)

    monkeypatch.setattr(life, "await_ready", ended)
    with pytest.raises(SystemExit):
        world.test()
    assert world.running == []
    assert gone(world)


def test_a_deployment_that_is_refused_is_told(world: World) -> None:
    world.door.refusing = "spec.signatures: alice may not deploy here"
    assert "deployment a/helm-test is refused: spec.signatures: alice may not deploy here →" in world.test()[-1]
    assert world.door.deleted == [f"{NODES} {NODE}"]


def test_one_of_an_earlier_test_is_not_touched(world: World) -> None:
    world.door.held[DEPLOYMENTS, ObjectKey("a", "helm-test")] = {"metadata": {}, "status": STUCK}
    assert "it is there from another test → kubectl hardpan explain" in world.test()[-1]
    assert world.door.created == []
    assert world.door.deleted == [f"{NODES} {NODE}"]


def test_a_node_that_is_not_approved_is_told_with_its_own_last_word(world: World) -> None:
    world.door.held[NODES, ObjectKey("", NODE)]["status"] = STUCK
    [said] = world.test()
    assert "is not Ready: Ready=False NoNodeFits" in said
    assert "Its console: queue Away Unreachable: no answer" in said
    assert world.door.deleted == [f"{NODES} {NODE}"]


def test_a_token_that_is_not_in_trust_or_makes_a_node_like_others_is_refused_before_anything_comes(
    world: World,
) -> None:
    world.cluster.token_labels = {"disk": "ssd"}
    assert "join token rack has no label helm-test, and a node like others must not come" in world.test()[0]
    world.guest = Guest("other", world.guest.seed, world.guest.key, "a")
    assert "join token other is not in trust: hardpan token create other" in world.test()[0]
    assert (world.door.created, world.door.deleted) == ([], [])


def test_a_namespace_without_a_tenant_is_told(world: World) -> None:
    world.guest = Guest("rack", world.guest.seed, world.guest.key, "nobodys")
    assert "no tenant that counts owns namespace nobodys" in world.test()[0]


def test_a_key_of_another_kind_is_told_and_never_shown(world: World) -> None:
    world.key(generate_private_key(SECP256R1()))
    assert "the user's key is of another kind than ed25519" in world.test()[0]
    world.guest.key.write_text("no key at all")
    assert "the user's key is no private key of OpenSSH" in world.test()[0]
    assert "no key at all" not in world.test()[0]
