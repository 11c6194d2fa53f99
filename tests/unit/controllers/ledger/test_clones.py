"""Two machines with one key are both frozen until an operator resolves it; a machine that starts again is not two."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.ledger.clones import Cloned, Heard, Overtaken, Start, introduce, report
from controllers.ledger.registry import NODES
from tests.unit.controllers.ledger.desk import Ledger, Machine
from tests.unit.controllers.ledger.test_ledger import refused

# What it takes to prove a second machine ------------------------------------------------------------------------------


def test_a_reboot_is_the_same_machine() -> None:
    heard = Heard(Start(7, "a"), since=10.0)
    assert introduce(heard, Start(8, "b"), asked=20, now=20.5) == Heard(Start(8, "b"), 20.5)
    assert introduce(heard, Start(7, "a"), asked=20, now=20.5) == heard


def test_what_was_under_way_when_the_machine_started_again_proves_nothing() -> None:
    heard = Heard(Start(8, "b"), since=20.5)
    assert introduce(heard, Start(7, "a"), asked=20, now=21.0) == Overtaken(Start(8, "b"))
    assert report(heard, 7, now=21.0) == Overtaken(Start(8, "b"))


def test_an_earlier_start_that_answers_a_later_challenge_is_a_second_machine() -> None:
    heard = Heard(Start(8, "b"), since=20.5)
    assert introduce(heard, Start(7, "a"), asked=21, now=21.0) == Cloned((Start(7, "a"), Start(8, "b")))


def test_two_starts_of_one_number_are_two_machines() -> None:
    assert isinstance(introduce(Heard(Start(8, "b"), 20.5), Start(8, "c"), asked=1, now=21.0), Cloned)


def test_a_report_names_no_start_and_a_registration_of_its_number_does() -> None:
    heard = report(None, 8, now=5.0)
    assert introduce(heard, Start(8, "b"), asked=6, now=6.0) == Heard(Start(8, "b"), 5.0)  # type: ignore[arg-type]


@given(st.randoms(use_true_random=False), st.integers(2, 30))
def test_no_life_of_one_machine_looks_like_two_whatever_is_late(source: random.Random, turns: int) -> None:
    """Challenges are asked for and reports signed by the start that lives then; they arrive in any order."""
    now, number, heard = 0.0, 1, None
    letters: list[tuple[int, float]] = []
    for _ in range(turns):
        now += source.random()
        if source.random() < 0.3:
            number += 1
            letters = [letter for letter in letters if source.random() < 0.5]
        letters.append((number, float(int(now))))
        if source.random() < 0.5:
            signed, asked = letters.pop(source.randrange(len(letters)))
            verdict = introduce(heard, Start(signed, str(signed)), asked, now)
            assert not isinstance(verdict, Cloned)
            heard = verdict if isinstance(verdict, Heard) else heard


# At the ledger's endpoints --------------------------------------------------------------------------------------------


async def alive(ledger: Ledger, machine: Machine) -> dict[str, Any]:
    """What an agent does: it reports, and when that is refused it registers anew; the last answer."""
    ledger.seconds += 2
    code, answer = await ledger.post("report", machine.report(ledger, boot=machine.instance))
    return answer if code == 200 else await ledger.enrol(machine)


async def copied() -> tuple[Ledger, Machine, Machine]:
    """A machine, and one that was started from a copy of its disk; both have spoken since."""
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    await alive(ledger, machine)
    ledger.seconds += 2
    copy = machine.again()
    await ledger.enrol(copy)
    await alive(ledger, copy)
    await alive(ledger, machine)
    return ledger, machine, copy


async def test_two_machines_with_one_key_are_both_frozen_as_soon_as_both_have_spoken() -> None:
    ledger, machine, copy = await copied()
    said = await ledger.conditions(machine)
    assert said["Conflict"] == ("True", "NodeConflict")
    assert said["Ready"] == said["Schedulable"] == ("False", "NodeConflict")
    for each in (machine, copy):
        answer = await alive(ledger, each)
        assert (answer["state"], answer["reason"]) == ("Refused", "NodeConflict")
        assert f"kubectl hardpan node resolve {machine.id}" in answer["message"]
        assert "certificate" not in answer
        assert await refused(ledger, "report", each.report(ledger)) == "NodeConflict"


async def test_two_copies_of_one_disk_that_start_at_once_are_both_frozen() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    for each in (machine.again(), machine.again()):
        ledger.seconds += 2
        await ledger.enrol(each)
    assert (await ledger.conditions(machine))["Conflict"] == ("True", "NodeConflict")


async def test_a_machine_restored_from_an_old_backup_waits_for_the_operator() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine.again(start=9))
    ledger.seconds += 2
    assert (await ledger.enrol(machine.again(start=4)))["reason"] == "NodeConflict"


async def test_a_machine_that_starts_again_and_again_goes_on() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    for _ in range(5):
        late = machine.report(ledger)
        machine = machine.again()
        ledger.seconds += 2
        await ledger.enrol(machine)
        await ledger.post("report", machine.report(ledger, boot=machine.instance))
        assert await refused(ledger, "report", late) == "Expired"
    assert (await ledger.conditions(machine))["Ready"] == ("True", "Reporting")
    assert (await ledger.conditions(machine))["Conflict"] == ("False", "OneMachine")


async def test_reports_that_somebody_repeats_freeze_nobody() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    old = [machine.report(ledger) for _ in range(5)]
    machine = machine.again()
    ledger.seconds += 2
    await ledger.enrol(machine)
    for each in old:
        ledger.seconds += 60
        assert await refused(ledger, "report", each) == "Expired"
    assert (await ledger.conditions(machine))["Conflict"] == ("False", "OneMachine")


async def test_a_restarted_ledger_knows_the_conflict_and_the_latest_start() -> None:
    ledger, machine, copy = await copied()
    await ledger.look(machine)
    ledger.restart()
    assert (await alive(ledger, copy))["reason"] == "NodeConflict"
    single, first = await Ledger().begin(), Machine()
    await single.enrol(first)
    second = first.again()
    single.seconds += 2
    await single.enrol(second)
    await single.look(second)
    single.restart()
    single.seconds += 2
    assert (await single.enrol(first))["reason"] == "NodeConflict"


async def resolve(ledger: Ledger, machine: Machine) -> None:
    """`hardpan node resolve`."""
    (conflict,) = [each for each in (await ledger.look(machine)).status["conditions"] if each["type"] == "Conflict"]
    (seen,) = ledger.server.objects(NODES)
    await ledger.kube.patch(seen, {"spec": {"resolved": conflict["lastTransitionTime"]}})
    await ledger.look(machine)


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("restarted", [False, True])
async def test_once_resolved_whichever_machine_is_left_goes_on(left: int, restarted: bool) -> None:
    ledger, *machines = await copied()
    await resolve(ledger, machines[left])
    if restarted:
        ledger.restart()
    ledger.seconds += 2
    assert (await ledger.enrol(machines[left]))["state"] == "Approved"
    await alive(ledger, machines[left])
    assert (await ledger.conditions(machines[left]))["Ready"] == ("True", "Reporting")


async def test_a_conflict_that_was_resolved_while_both_run_is_seen_again() -> None:
    ledger, machine, copy = await copied()
    await resolve(ledger, machine)
    for each in (machine, copy, machine, copy, machine):
        answer = await alive(ledger, each)
    assert answer["reason"] == "NodeConflict"
    assert (await ledger.conditions(machine))["Conflict"] == ("True", "NodeConflict")


async def test_a_stranger_who_lacks_the_key_puts_nobody_into_conflict() -> None:
    ledger, machine = await Ledger().begin(), Machine()
    await ledger.enrol(machine)
    ledger.seconds += 2
    forged = machine.again().registration(ledger, await ledger.nonce(machine), key="mallory")
    assert await refused(ledger, "register", forged) == "BadSignature"
    assert (await ledger.conditions(machine))["Conflict"] == ("False", "OneMachine")
