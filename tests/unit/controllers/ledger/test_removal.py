"""A node that an operator takes out of service: in order once nothing is left on it, or at once; it may come back."""

from __future__ import annotations

from typing import Any

from controllers.ledger.nodes import MACHINES, VOLUMES
from controllers.loop.objects import EVENT, Object, Resource
from tests.unit.controllers.ledger.desk import Ledger, Machine

DIGEST = "sha256:" + "1" * 64
ROW = {
    "kind": "machine", "deployment": "uid", "namespace": "a", "name": "web-0", "epoch": 1, "generation": 1,
    "item": DIGEST, "state": "running", "restarts": 0, "since": "2026-11-24T12:00:00Z",
}  # fmt: skip


async def ready() -> tuple[Ledger, Machine]:
    """A ledger with a node that reports."""
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    await report(ledger, machine)
    assert (await ledger.conditions(machine))["Ready"] == ("True", "Reporting")
    return ledger, machine


async def report(ledger: Ledger, machine: Machine, **changes: Any) -> tuple[int, dict[str, Any]]:
    ledger.seconds += 1
    return await ledger.post("report", machine.report(ledger, **changes))


async def decide(ledger: Ledger, machine: Machine, **fields: Any) -> None:
    """What an operator writes into the node's spec."""
    await ledger.kube.patch(await ledger.look(machine), {"spec": fields})


async def place(ledger: Ledger, resource: Resource, node: str) -> Object:
    """A machine or volume that a supervisor placed on a node."""
    spec: dict[str, Any] = {"deployment": "web", "node": node, "epoch": 1, "item": DIGEST}
    size = {"size": 1} if resource is VOLUMES else {"cpus": 1, "memory": 1, "disk": 1, "volumes": []}
    metadata = {"name": "web-0", "namespace": "a"}
    return await ledger.server.create(resource, {"metadata": metadata, "spec": spec | size})


def draining(seen: Object) -> tuple[str, str, str]:
    (found,) = (each for each in seen.status["conditions"] if each["type"] == "Draining")
    return found["status"], found["reason"], found.get("message", "")


async def test_a_node_with_nothing_on_it_is_out_of_service_at_once() -> None:
    ledger, machine = await ready()
    await decide(ledger, machine, removal="Graceful")
    said = await ledger.conditions(machine)
    assert said["Approved"] == said["Ready"] == said["Schedulable"] == ("False", "NodeRemoved")
    assert draining(await ledger.look(machine)) == ("False", "NodeRemoved", "nothing is left on it")


async def test_a_graceful_removal_waits_for_every_machine_and_volume_and_names_them() -> None:
    ledger, machine = await ready()
    placed = [await place(ledger, each, machine.id) for each in (MACHINES, VOLUMES)]
    await decide(ledger, machine, removal="Graceful")
    said = await ledger.conditions(machine)
    assert said["Ready"] == ("True", "Reporting")
    assert said["Schedulable"] == ("False", "Draining")
    assert draining(await ledger.look(machine)) == ("True", "Draining", "still there: machine a/web-0, volume a/web-0")
    for each in placed:
        await ledger.server.delete(each)
    assert (await ledger.conditions(machine))["Ready"] == ("False", "NodeRemoved")


async def test_what_is_on_other_nodes_holds_up_nothing() -> None:
    ledger, machine = await ready()
    await place(ledger, MACHINES, Machine("other").id)
    await decide(ledger, machine, removal="Graceful")
    assert (await ledger.conditions(machine))["Ready"] == ("False", "NodeRemoved")


async def test_a_graceful_removal_waits_for_what_only_the_node_knows_of() -> None:
    ledger, machine = await ready()
    await report(ledger, machine, table=[ROW])
    await decide(ledger, machine, removal="Graceful")
    assert draining(await ledger.look(machine))[2] == "still there: machine a/web-0"
    await report(ledger, machine)
    assert (await ledger.conditions(machine))["Ready"] == ("False", "NodeRemoved")


async def test_of_a_silent_node_nobody_knows_that_it_is_empty() -> None:
    ledger, machine = await ready()
    ledger.seconds += 600
    await decide(ledger, machine, removal="Graceful")
    assert (await ledger.conditions(machine))["Ready"] == ("Unknown", "Lost")
    assert "no report says what is on it" in draining(await ledger.look(machine))[2]


async def test_after_a_restart_of_the_ledger_a_node_has_to_report_before_it_is_empty() -> None:
    ledger, machine = await ready()
    ledger.restart()
    await decide(ledger, machine, removal="Graceful")
    assert (await ledger.conditions(machine))["Ready"] == ("True", "Reporting")
    await report(ledger, machine)
    assert (await ledger.conditions(machine))["Ready"] == ("False", "NodeRemoved")


async def test_a_machine_that_nobody_approved_is_removed_without_a_word_of_its() -> None:
    ledger, machine = await Ledger().begin(), Machine(token=False)
    await ledger.enrol(machine)
    await decide(ledger, machine, removal="Graceful")
    assert (await ledger.conditions(machine))["Approved"] == ("False", "NodeRemoved")


async def test_a_drained_node_stays_in_service_and_takes_nothing_new() -> None:
    ledger, machine = await ready()
    await report(ledger, machine, table=[ROW])
    await decide(ledger, machine, draining=True)
    said = await ledger.conditions(machine)
    assert (said["Ready"], said["Schedulable"]) == (("True", "Reporting"), ("False", "Draining"))
    assert draining(await ledger.look(machine)) == ("True", "Draining", "still there: it holds 1 of ours")


async def test_a_node_that_nobody_drains_says_so() -> None:
    ledger, machine = await ready()
    assert draining(await ledger.look(machine))[:2] == ("False", "InService")


async def removed(removal: str) -> tuple[Ledger, Machine]:
    """A node that was taken out of service."""
    ledger, machine = await ready()
    await decide(ledger, machine, removal=removal)
    await ledger.look(machine)
    return ledger, machine


async def test_a_removed_node_that_reports_is_refused_and_told_how_it_comes_back() -> None:
    ledger, machine = await removed("Graceful")
    code, answer = await report(ledger, machine)
    assert (code, answer["reason"]) == (403, "NodeRemoved")
    assert answer["message"] == (
        f"{machine.id} was removed by the operator: switch it off or wipe it;"
        f" to take it back: kubectl hardpan node uncordon {machine.id}"
    )


async def test_a_removed_node_that_registers_is_refused_and_operators_are_told_once_for_each_start() -> None:
    ledger, machine = await removed("Graceful")
    for _ in range(3):
        ledger.seconds += 10
        answer = await ledger.enrol(machine)
        assert (answer["state"], answer["reason"]) == ("Refused", "NodeRemoved")
        assert "certificate" not in answer
    assert events(ledger, "NodeRemoved") == 1
    ledger.seconds += 10
    await ledger.enrol(machine.again())
    assert events(ledger, "NodeRemoved") == 2


def events(ledger: Ledger, reason: str) -> int:
    """How many Events of machines that came back there are."""
    said = [each.raw for each in ledger.server.objects(EVENT)]
    return sum(1 for each in said if each["reason"] == reason and "it came back" in each["message"])


async def test_a_forgotten_node_that_comes_back_is_told_to_be_wiped() -> None:
    ledger, machine = await removed("Forget")
    answer = await ledger.enrol(machine)
    assert (answer["state"], answer["reason"]) == ("Refused", "NodeRemoved")
    assert "was given up by the operator, and what it ran may run elsewhere: wipe the machine" in answer["message"]
    assert (await ledger.conditions(machine))["Ready"] == ("False", "NodeRemoved")


async def test_a_revoked_node_that_comes_back_is_told_of() -> None:
    ledger, machine = await ready()
    await ledger.renew(revokedNodes=[machine.id])
    assert (await ledger.enrol(machine))["reason"] == "Revoked"
    assert events(ledger, "Revoked") == 1


async def test_a_removed_node_stays_removed_though_somebody_places_something_there() -> None:
    ledger, machine = await removed("Graceful")
    await place(ledger, MACHINES, machine.id)
    assert (await ledger.conditions(machine))["Approved"] == ("False", "NodeRemoved")


async def test_a_removed_node_is_taken_back_by_an_operators_word() -> None:
    ledger, machine = await removed("Graceful")
    await decide(ledger, machine, removal=None)
    assert (await ledger.enrol(machine))["state"] == "Approved"
    await report(ledger, machine)
    assert (await ledger.conditions(machine))["Ready"] == ("True", "Reporting")


async def test_while_a_node_says_that_it_holds_something_not_all_machines_are_looked_at() -> None:
    ledger, machine = await ready()
    await report(ledger, machine, table=[ROW])
    await decide(ledger, machine, removal="Graceful")
    asked: list[Any] = []
    ledger.server.interrupt = lambda verb, resource, key: asked.append((verb, resource))
    await ledger.look(machine)
    assert ("list", MACHINES) not in asked


async def test_a_removal_that_is_done_costs_no_more_looks_at_all_machines() -> None:
    ledger, machine = await removed("Graceful")
    asked: list[Any] = []
    ledger.server.interrupt = lambda verb, resource, key: asked.append((verb, resource))
    await ledger.look(machine)
    assert ("list", MACHINES) not in asked


async def test_a_revoked_node_that_reports_is_told_what_to_do() -> None:
    ledger, machine = await ready()
    await ledger.renew(revokedNodes=[machine.id])
    code, answer = await report(ledger, machine)
    assert (code, answer["reason"]) == (403, "NodeRevoked")
    assert answer["message"] == f"{machine.id} is revoked by the operator: wipe the machine to enrol it anew"
