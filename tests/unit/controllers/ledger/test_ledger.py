"""Registration and reports at the ledger's own endpoints: what is signed, fresh and vouched for counts, once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controllers.ledger.registry import NODES
from controllers.loop.errors import Unavailable
from controllers.loop.objects import ObjectKey, Resource
from tests.unit.controllers.ledger.desk import Ledger, Machine
from tests.unit.trust import world as trusted
from trust.part import format_time
from trust.registration import open_evidence


async def test_a_machine_with_a_token_is_approved_and_ready_with_its_first_report() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    answer = await ledger.enrol(machine)
    assert (answer["state"], answer["reason"]) == ("Approved", "ApprovedByToken")
    assert answer["certificate"] == machine.certificate
    assert (await ledger.conditions(machine))["Ready"] == ("False", "Stale")
    assert (await ledger.post("report", machine.report(ledger)))[0] == 200
    assert (await ledger.conditions(machine))["Ready"] == ("True", "Reporting")


async def test_a_machine_without_a_token_waits_and_is_told_the_command() -> None:
    ledger, machine = await Ledger().begin(), Machine(token=False)
    answer = await ledger.enrol(machine)
    assert answer["state"] == "Pending"
    assert f"kubectl hardpan node approve {machine.id}" in answer["message"]
    assert (await ledger.conditions(machine))["Approved"] == ("False", "WaitingForApproval")


async def test_a_node_keeps_what_its_machine_signed_first() -> None:
    ledger, machine = await Ledger().begin(), Machine(token=False)
    first = machine.registration(ledger, await ledger.nonce(machine))
    await ledger.post("register", first)
    ledger.seconds += 1
    await ledger.enrol(machine)
    (kept,) = ledger.server.objects(NODES)
    assert kept.spec["registration"].encode() == first
    assert open_evidence(kept.spec["registration"], trusted.CLUSTER, machine.id).box_key == trusted.raw("node-box")


async def refused(ledger: Ledger, call: str, data: bytes) -> str:
    """The reason of a refusal; nothing was made by it."""
    code, answer = await ledger.post(call, data)
    assert code == 403, answer
    return str(answer["reason"])


async def test_a_challenge_counts_once() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    data = machine.registration(ledger, await ledger.nonce(machine))
    assert (await ledger.post("register", data))[0] == 200
    assert await refused(ledger, "register", data) == "Expired"


async def test_a_challenge_counts_for_a_minute() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    nonce = await ledger.nonce(machine)
    ledger.seconds += 61
    assert await refused(ledger, "register", machine.registration(ledger, nonce)) == "Expired"


async def test_a_challenge_of_another_machine_does_not_count() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    nonce = await ledger.nonce(Machine("other"))
    assert await refused(ledger, "register", machine.registration(ledger, nonce)) == "Expired"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": "mallory"}, "BadSignature"),
        ({"node": Machine("other").id}, "WrongNode"),
        ({"cluster": "sha256:" + "9" * 64}, "WrongCluster"),
    ],
)
async def test_a_registration_that_does_not_fit_its_key_is_refused(changes: dict[str, Any], reason: str) -> None:
    ledger, machine = await Ledger().begin(), Machine()
    data = machine.registration(ledger, await ledger.nonce(machine), **changes)
    assert await refused(ledger, "register", data) == reason
    assert ledger.server.objects(NODES) == ()


async def test_a_clock_that_is_wrong_keeps_the_machine_waiting() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    ledger.seconds += 3600
    answer = await ledger.enrol(machine, time=format_time(trusted.NOW))
    assert (answer["state"], answer["reason"]) == ("Pending", "ClockSkew")
    assert "the machine's clock is -3600 s off" in answer["message"]


async def test_a_machine_that_waits_costs_one_write_however_often_it_asks() -> None:
    ledger, machine = await Ledger().begin(), Machine(token=False)
    await ledger.enrol(machine, time=format_time(trusted.NOW - trusted.DAY))
    await ledger.look(machine)
    before = len(ledger.server.writes)
    for _ in range(20):
        ledger.seconds += 10
        skewed = format_time(ledger.now() - trusted.DAY)
        await ledger.enrol(machine, time=skewed)
        await ledger.look(machine)
    assert len(ledger.server.writes) == before


async def test_a_token_admits_no_more_than_its_count_also_when_machines_come_at_once() -> None:
    ledger = await Ledger(count=2).begin()
    machines = [Machine(f"m{number}") for number in range(5)]
    answers = await asyncio.gather(*(ledger.enrol(machine) for machine in machines))
    states = sorted((answer["state"], answer["reason"]) for answer in answers)
    assert states == [("Approved", "ApprovedByToken")] * 2 + [("Pending", "TokenUsedUp")] * 3


async def test_who_has_joined_stays_when_the_token_ends_is_closed_or_admits_fewer() -> None:
    ledger = await Ledger(count=2).begin()
    first, second = Machine("m0"), Machine("m1")
    await ledger.enrol(first)
    await ledger.enrol(second)
    fewer = await Ledger(count=1).begin()
    for seen in ledger.server.objects(NODES):
        await fewer.kube.create(NODES, {"metadata": {"name": seen.name}, "spec": seen.spec})
    fewer.seconds += 2 * 86_400
    assert (await fewer.enrol(first))["state"] == (await fewer.enrol(second))["state"] == "Approved"


async def test_a_token_that_has_ended_admits_nobody() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    ledger.seconds += 2 * 86_400
    answer = await ledger.enrol(machine)
    assert (answer["state"], answer["reason"]) == ("Pending", "TokenExpired")


async def test_other_hardware_than_the_token_admits_waits_for_the_operator() -> None:
    ledger, machine = await Ledger(boardVendor="Contoso*").begin(), Machine()
    answer = await ledger.enrol(machine)
    assert (answer["state"], answer["reason"]) == ("Pending", "HardwareNotAllowed")
    assert 'admits board vendor "Contoso*"; this machine reports "Acme 1"' in answer["message"]


async def test_a_revoked_machine_is_refused_for_good() -> None:
    ledger, machine = Ledger(), Machine()
    ledger.trust.snapshot = {"revokedNodes": [machine.id]}
    await ledger.begin()
    assert (await ledger.enrol(machine))["state"] == "Refused"


async def test_a_machine_that_was_approved_and_is_revoked_says_so_at_once() -> None:
    ledger, machine = await reporting()
    assert (await ledger.conditions(machine))["Ready"] == ("True", "Reporting")
    await ledger.renew(revokedNodes=[machine.id])
    said = await ledger.conditions(machine)
    assert said["Approved"] == said["Ready"] == said["Schedulable"] == ("False", "Revoked")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"node": 1', b"[" * 1000])
async def test_a_challenge_is_asked_for_in_one_form(data: bytes) -> None:
    ledger = await Ledger().begin()
    assert await refused(ledger, "challenge", data) == "BadEncoding"


@pytest.mark.parametrize("call", ["register", "report"])
@pytest.mark.parametrize("data", [b"", b"7", b"\xff" * 100, b"[" * 9000])
async def test_what_is_no_envelope_is_refused(call: str, data: bytes) -> None:
    ledger = await Ledger().begin()
    assert await refused(ledger, call, data) == "BadEncoding"


async def test_while_the_api_server_is_away_the_machine_is_asked_to_try_again() -> None:
    ledger, machine = await Ledger().begin(), Machine()

    def interrupt(verb: str, resource: Resource, key: ObjectKey) -> None:
        raise Unavailable("not now")

    ledger.server.interrupt = interrupt
    code, answer = await ledger.post("register", machine.registration(ledger, await ledger.nonce(machine)))
    assert (code, answer["reason"]) == (503, "Unavailable")


# Reports --------------------------------------------------------------------------------------------------------------


async def reporting() -> tuple[Ledger, Machine]:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    await ledger.post("report", machine.report(ledger))
    await ledger.look(machine)
    return ledger, machine


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": trusted.machine_key("mallory")}, "BadSignature"),
        ({"node": Machine("other").id}, "WrongNode"),
        ({"cluster": "sha256:" + "9" * 64}, "WrongCluster"),
        ({"sequence": 1}, "Expired"),
    ],
)
async def test_a_report_that_does_not_fit_is_refused(changes: dict[str, Any], reason: str) -> None:
    ledger, machine = await reporting()
    assert await refused(ledger, "report", machine.report(ledger, **changes)) == reason


async def test_a_report_that_is_repeated_keeps_nobody_alive() -> None:
    ledger, machine = await reporting()
    old = machine.report(ledger)
    await ledger.post("report", old)
    ledger.seconds += 5
    await ledger.post("report", machine.report(ledger, boot="boot-2"))
    ledger.seconds += 3600
    assert await refused(ledger, "report", old) == "Expired"
    assert (await ledger.conditions(machine))["Ready"] == ("Unknown", "Lost")


async def test_uptime_is_what_arrived_whatever_the_machine_claims() -> None:
    ledger, machine = await reporting()
    for _ in range(6):
        ledger.seconds += 10
        await ledger.post("report", machine.report(ledger))
    ledger.seconds += 3600
    await ledger.post("report", machine.report(ledger))
    assert (await ledger.look(machine)).status["uptime"] == [{"day": "2026-11-24", "seconds": 80}]


async def test_silence_turns_ready_unknown_and_a_report_true_again() -> None:
    ledger, machine = await reporting()
    ledger.seconds += 41
    assert (await ledger.conditions(machine))["Ready"] == ("Unknown", "Stale")
    ledger.seconds += 300
    assert (await ledger.conditions(machine))["Ready"] == ("Unknown", "Lost")
    await ledger.post("report", machine.report(ledger))
    assert (await ledger.conditions(machine))["Ready"] == ("True", "Reporting")


async def test_reports_cost_no_writes() -> None:
    ledger, machine = await reporting()
    before = len(ledger.server.writes)
    for _ in range(30):
        ledger.seconds += 10
        await ledger.post("report", machine.report(ledger))
    assert len(ledger.server.writes) == before


async def test_without_trust_nothing_new_is_said_of_a_node() -> None:
    ledger, machine = await reporting()
    held = ledger.source.caches[0].all()[0]
    ledger.source.caches[0].drop(held)
    assert (await ledger.conditions(machine))["Approved"] == ("True", "ApprovedByToken")
