"""Machines that wait for approval: strangers keep out nobody who is vouched for, and hold no place for long."""

from __future__ import annotations

import pytest

from controllers.ledger.registry import NODES
from controllers.ledger.uptime import LOST_AFTER_SECONDS
from controllers.loop.errors import KubeError, NotFound, Refused
from controllers.loop.objects import ObjectKey, Resource
from tests.unit.controllers.ledger.desk import Ledger, Machine

ROOM = 3


@pytest.fixture
async def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger where as many strangers wait as there is room for; the first asked last a second before the next."""
    monkeypatch.setattr("controllers.ledger.waiting.MOST_WAITING", ROOM)
    made = await Ledger().begin()
    for number in range(ROOM):
        await made.enrol(stranger(number))
        made.seconds += 1
    return made


def stranger(number: int) -> Machine:
    """A machine that nobody vouches for."""
    return Machine(f"stranger-{number}", token=False)


async def refused(ledger: Ledger, machine: Machine) -> str:
    """The sentence of its refusal."""
    code, answer = await ledger.post("register", machine.registration(ledger, await ledger.nonce(machine)))
    assert (code, answer["reason"]) == (403, "TooLarge")
    return str(answer["message"])


def waiting(ledger: Ledger) -> set[str]:
    """Who waits, as the API server has it."""
    return {each.name for each in ledger.server.objects(NODES) if not each.spec.get("certificate")}


async def quiet_but(ledger: Ledger, *talking: Machine) -> None:
    """More than the longest silence passes, in which only these ask."""
    for _ in range(6):
        ledger.seconds += LOST_AFTER_SECONDS / 5
        for each in talking:
            await ledger.enrol(each)


async def test_with_the_room_full_a_machine_with_a_token_comes_in(ledger: Ledger) -> None:
    assert (await ledger.enrol(Machine()))["state"] == "Approved"
    assert len(waiting(ledger)) == ROOM


async def test_one_more_stranger_is_told_what_to_do_and_leaves_no_trace(ledger: Ledger) -> None:
    for number in range(ROOM, ROOM + 5):
        said = await refused(ledger, stranger(number))
        assert said.startswith("WaitingForApproval, and too many machines wait for approval: approve or delete some")
    assert waiting(ledger) == {stranger(number).id for number in range(ROOM)}
    assert len(ledger.presence.names()) == ROOM
    assert not any(ledger.conflicts.latest(stranger(number).id) for number in range(ROOM, ROOM + 5))


async def test_a_machine_with_a_used_up_token_waits_like_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controllers.ledger.waiting.MOST_WAITING", 0)
    ledger = await Ledger(count=1).begin()
    await ledger.enrol(Machine("first"))
    assert (await refused(ledger, Machine("second"))).startswith("TokenUsedUp, and too many machines wait")


async def test_who_was_silent_for_longest_makes_room(ledger: Ledger) -> None:
    await quiet_but(ledger, stranger(0))
    assert (await ledger.enrol(stranger(7)))["state"] == "Pending"
    assert waiting(ledger) == {stranger(number).id for number in (0, 2, 7)}
    await ledger.enrol(stranger(8))
    assert waiting(ledger) == {stranger(number).id for number in (0, 7, 8)}
    await refused(ledger, stranger(9))


async def test_who_made_room_is_forgotten_and_may_ask_again(ledger: Ledger) -> None:
    await quiet_but(ledger)
    await ledger.enrol(stranger(7))
    assert ledger.woken.count(ObjectKey("", stranger(0).id)) == 2
    await ledger.reconciler.reconcile(ObjectKey("", stranger(0).id))
    assert stranger(0).id not in ledger.presence.names()
    assert (await ledger.enrol(stranger(0)))["state"] == "Pending"


async def test_after_a_restart_of_the_ledger_everybody_has_time_to_ask_again(ledger: Ledger) -> None:
    ledger.seconds += 10 * LOST_AFTER_SECONDS
    ledger.restart()
    await refused(ledger, stranger(7))
    ledger.seconds += LOST_AFTER_SECONDS
    await refused(ledger, stranger(7))
    ledger.seconds += 1
    assert (await ledger.enrol(stranger(7)))["state"] == "Pending"


async def test_of_whom_an_operator_said_something_stays(ledger: Ledger) -> None:
    for each in ledger.server.objects(NODES):
        ledger.nodes.put(await ledger.server.patch(each, {"spec": {"cordoned": True}}))
    await quiet_but(ledger)
    await refused(ledger, stranger(7))
    assert len(waiting(ledger)) == ROOM


async def test_who_is_approved_in_that_moment_stays(ledger: Ledger) -> None:
    for each in ledger.server.objects(NODES):
        await ledger.server.patch(each, {"spec": {"certificate": "signed"}})
    await quiet_but(ledger)
    await refused(ledger, stranger(7))
    assert len(ledger.server.objects(NODES)) == ROOM


@pytest.mark.parametrize(("error", "comes_in"), [(NotFound("it is gone"), True), (Refused("you may not"), False)])
async def test_what_the_api_server_says_to_that_decides(ledger: Ledger, error: KubeError, comes_in: bool) -> None:
    def interrupt(verb: str, resource: Resource, key: ObjectKey) -> None:
        if verb == "delete":
            raise error

    await quiet_but(ledger)
    ledger.server.interrupt = interrupt
    code, answer = await ledger.post("register", stranger(7).registration(ledger, await ledger.nonce(stranger(7))))
    assert (code, answer["reason"]) == ((200, "WaitingForApproval") if comes_in else (403, "TooLarge"))
