"""Nodes and their orders, as the bootstrap server takes them from the cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.bootstrap_fleet import FRESH_SECONDS, ClusterFleet, nodes
from cli.cluster import Cluster
from cli.kubectl import Kubectl
from efi.bootstrap.pins import FleetAway, Wanted
from sal.testing import FakeRunner

ASKED = "2026-11-26T09:00:00Z"
DIGEST = "ab" * 32


def node(reason: str = "Ordered", **image: str) -> dict[str, Any]:
    """A node that was asked to go to release newer."""
    inventory = {"machine": "4c4c", "cards": [{"name": "eth0", "address": "52:54:00:00:00:01"}]}
    status = {"inventory": inventory, "image": {"version": "0.1.0", "flavour": "metal", **image}}
    conditions = [{"type": "UpToDate", "status": "False", "reason": reason}]
    return {
        "kind": "Node",
        "metadata": {"name": "n-1", "creationTimestamp": ASKED},
        "spec": {"image": {"release": "newer", "asked": ASKED}},
        "status": {**status, "conditions": conditions},
    }


def release(name: str = "newer", listed: str = "True", **spec: str) -> dict[str, Any]:
    """A release."""
    said = {"version": "0.2.0", "flavour": "metal", "digest": f"sha256:{DIGEST}", "minimum": "0", **spec}
    conditions = [{"type": "Ready", "status": listed, "reason": "Listed"}]
    return {"kind": "Release", "metadata": {"name": name}, "spec": said, "status": {"conditions": conditions}}


def order(*found: dict[str, Any]) -> Wanted | None:
    """The order of the one node among these."""
    (only,) = nodes(found)
    return only.order


def test_a_node_is_told_with_what_machines_say_of_themselves() -> None:
    (only,) = nodes([node(), release()])
    assert (only.name, only.machine, only.cards) == ("n-1", "4c4c", {"52:54:00:00:00:01"})
    assert (only.version, only.since) == ("0.1.0", ASKED)
    assert only.order == Wanted(f"newer {ASKED}", DIGEST)


@pytest.mark.parametrize("reason", ["Current", "FellBack", "BelowMinimum", "ReleaseUnknown", "UpgradeFailed"])
def test_an_order_that_the_node_has_answered_is_open_no_more(reason: str) -> None:
    assert order(node("Upgrading"), release()) is not None
    assert order(node(reason), release()) is None


def test_an_answer_to_an_earlier_order_is_none() -> None:
    told = node("Current")
    told["metadata"]["generation"], told["status"]["observedGeneration"] = 3, 2
    assert order(told, release()) is not None


@pytest.mark.parametrize("wrong", [release(listed="False"), release("another"), release(version="many")])
def test_what_the_operator_did_not_sign_for_is_no_order(wrong: dict[str, Any]) -> None:
    assert order(node(), wrong) is None


def test_what_is_below_the_minimum_of_any_release_of_the_flavour_is_no_order() -> None:
    assert order(node(), release(), release("later", minimum="0.3.0")) is None
    assert order(node(), release(), release("later", minimum="0.3.0", flavour="cloud")) is not None
    assert order(node(), release(), release("later", listed="False", minimum="0.3.0")) is not None


def test_nodes_that_run_from_no_boot_image_have_no_pin() -> None:
    assert nodes([node(version="")]) == ()
    assert nodes([{"kind": "Node"}]) == ()


def test_the_cluster_is_asked_once_for_all_that_start_in_one_moment() -> None:
    runner = FakeRunner().on("kubectl get *", json.dumps({"items": [node(), release()]}).encode())
    now = [0.0]
    fleet = ClusterFleet(Cluster(Kubectl(runner, None)), lambda: now[0])
    for now[0] in (0.0, FRESH_SECONDS - 0.1, FRESH_SECONDS):
        assert [each.name for each in fleet.nodes()] == ["n-1"]
    assert len(runner.commands) == 2


def test_a_cluster_that_does_not_answer_is_told_as_such() -> None:
    runner = FakeRunner().on("kubectl get *", code=1, stderr=b"Unable to connect to the server: EOF")
    with pytest.raises(FleetAway):
        ClusterFleet(Cluster(Kubectl(runner, None))).nodes()
