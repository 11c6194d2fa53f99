"""Nodes and their orders, as the bootstrap server takes them from the cluster."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.bootstrap_fleet import ANSWER_SECONDS, AWAY_SECONDS, FRESH_SECONDS, ClusterFleet, nodes
from cli.cluster import Cluster
from cli.kubectl import Kubectl
from efi.bootstrap.pin_book import PinBook
from efi.bootstrap.pins import Claim, FleetAway, Wanted
from sal.command import Command, Output
from sal.errors import CommandTimeout
from sal.testing import FakeRunner
from tests.unit.controllers.ledger.desk import Ledger, Machine
from tests.unit.efi.bootstrap.server import METAL, site

ASKED = "2026-11-26T09:00:00Z"
DIGEST = "ab" * 32


def node(reason: str = "Ordered", approved: str = "True", **image: Any) -> dict[str, Any]:
    """A node that was asked to go to release newer."""
    inventory = {"machine": "4c4c", "cards": [{"name": "eth0", "address": "52:54:00:00:00:01"}]}
    status = {"inventory": inventory, "image": {"version": "0.1.0", "flavour": "metal", **image}}
    conditions = [
        {"type": "Approved", "status": approved, "reason": "ApprovedByToken"},
        {"type": "UpToDate", "status": str(reason == "Current"), "reason": reason},
    ]
    return {
        "kind": "Node",
        "metadata": {"name": "n-1", "creationTimestamp": ASKED},
        "spec": {"certificate": "signed", "image": {"release": "newer", "asked": ASKED}},
        "status": {**status, "conditions": conditions},
    }


def page(*items: dict[str, Any], more: str = "") -> bytes:
    """An answer of the API server."""
    return json.dumps({"items": items, "metadata": {"continue": more} if more else {}}).encode()


def answering() -> FakeRunner:
    """A cluster with one node."""
    return FakeRunner().on("kubectl get --raw */nodes[?]*", page(node())).on("kubectl get *", page(release()))


def hang(command: Command) -> Output:
    """Nobody answers."""
    raise CommandTimeout(command.argv, "no end")


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


def test_a_machine_that_nobody_approved_owns_no_pin() -> None:
    bare, given_up = node(), node()
    bare["spec"].pop("certificate")
    given_up["spec"]["removal"] = "Forget"
    assert [nodes([each]) for each in (bare, node(approved="False"), given_up)] == [()] * 3


async def test_what_a_ledger_writes_of_a_node_is_what_is_read_here() -> None:
    ledger, machine, stranger = await Ledger().begin(), Machine(), Machine("stranger", token=False)
    image = {"version": "0.2.0", "flavour": "metal", "state": "upgrading"}

    async def told(who: Machine, **said: str) -> list[tuple[str, bool]]:
        await ledger.post("report", who.report(ledger, image=image | said))
        raw = {**(await ledger.look(who)).raw, "kind": "Node"}
        return [(each.version, each.works) for each in nodes([raw])]

    for each in (machine, stranger):
        await ledger.enrol(each)
    assert await told(stranger, state="current") == []
    assert await told(machine) == [("0.2.0", False)]
    assert await told(machine, state="current") == [("0.2.0", True)]
    assert await told(machine) == [("0.2.0", True)]
    assert await told(machine, version="0.3.0") == [("0.3.0", False)]


@pytest.mark.parametrize(
    ("told", "works"),
    [
        (node("Current"), True),
        (node("Upgrading"), False),
        (node("BelowMinimum"), False),
        (node("Upgrading", works=True), True),
        (node("NoImage"), False),
    ],
)
def test_an_image_works_that_was_current_and_not_one_that_only_reports(told: dict[str, Any], works: bool) -> None:
    (only,) = nodes([told])
    assert only.works is works


def test_the_cluster_is_asked_once_for_all_that_start_in_one_moment() -> None:
    runner, now = answering(), [0.0]
    fleet = ClusterFleet(Cluster(Kubectl(runner, None)), lambda: now[0])
    for now[0] in (0.0, FRESH_SECONDS - 0.1, FRESH_SECONDS):
        assert [each.order for each in fleet.nodes()] == [Wanted(f"newer {ASKED}", DIGEST)]
    assert len(runner.commands) == 2 * 2


@pytest.mark.parametrize("failure", [hang, lambda _: Output(1, b"", b"Unable to connect to the server: EOF")])
def test_a_cluster_that_does_not_answer_is_left_alone_for_a_while(failure: Callable[[Command], Output]) -> None:
    runner, now = FakeRunner().on_call("kubectl get *", failure), [0.0]
    fleet = ClusterFleet(Cluster(Kubectl(runner, None)), lambda: now[0])
    for now[0] in (0.0, AWAY_SECONDS - 0.1, AWAY_SECONDS):
        with pytest.raises(FleetAway):
            fleet.nodes()
    assert len(runner.commands) == 2
    assert {each.timeout_seconds for each in runner.commands} == {ANSWER_SECONDS}


def test_a_cluster_that_answers_again_is_heard_after_that_while() -> None:
    runner, now, away = FakeRunner(), [0.0], [True]
    runner.on_call("*/nodes[?]*", lambda command: hang(command) if away[0] else Output(0, page(node()), b""))
    runner.on("*", page(release()))
    fleet = ClusterFleet(Cluster(Kubectl(runner, None)), lambda: now[0])
    with pytest.raises(FleetAway, match="no answer within 5 s"):
        fleet.nodes()
    away[0], now[0] = False, AWAY_SECONDS
    assert len(fleet.nodes()) == 1


async def test_of_a_hundred_machines_that_start_while_the_cluster_is_away_only_one_waits_for_it(tmp_path: Path) -> None:
    now = [0.0]

    def black_hole(command: Command) -> Output:
        now[0] += command.timeout_seconds
        return hang(command)

    fleet = ClusterFleet(Cluster(Kubectl(FakeRunner().on_call("*", black_hole), None)), lambda: now[0])
    book, place = PinBook(tmp_path / "pins.json", fleet), site("rack-7", METAL)
    given = await asyncio.gather(*(book.give(place, "metal", Claim(f"machine-{each}")) for each in range(100)))
    assert {each.image.version for each in given if each} == {"0.2.0"}
    assert now[0] == ANSWER_SECONDS
