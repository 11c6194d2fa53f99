"""A machine that comes back with another key is told apart from a new one, for people."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.controllers.ledger.desk import Ledger, Machine
from tests.unit.trust.world import INVENTORY

BOARD = "4c4c4544-0047-3010-8058-b4c04f4d3633"


def on(machine: str) -> dict[str, Any]:
    """An inventory with this board."""
    return {**INVENTORY, "machine": machine}


async def come(ledger: Ledger, name: str, board: str) -> Machine:
    machine = Machine(name, token=False)
    await ledger.enrol(machine, inventory=on(board))
    await ledger.look(machine)
    ledger.seconds += 60
    return machine


async def registered(ledger: Ledger, machine: Machine) -> str:
    found = (await ledger.look(machine)).status["conditions"]
    return next(str(each["message"]) for each in found if each["type"] == "Registered")


async def test_a_wiped_machine_names_the_node_that_it_was() -> None:
    ledger = await Ledger().begin()
    old, new = await come(ledger, "node", BOARD), await come(ledger, "other", BOARD)
    said = await registered(ledger, new)
    assert f"the same board was {old.id}" in said
    assert f"kubectl hardpan forget node {old.id}" in said
    assert await registered(ledger, old) == ""


@pytest.mark.parametrize("board", ["4c4c4544-0047-3010-8058-000000000001"])
async def test_another_board_was_no_other_node(board: str) -> None:
    ledger = await Ledger().begin()
    await come(ledger, "node", BOARD)
    assert await registered(ledger, await come(ledger, "other", board)) == ""


async def test_a_node_that_reports_was_not_wiped() -> None:
    ledger = await Ledger().begin()
    old = Machine("node")
    await ledger.enrol(old, inventory=on(BOARD))
    await ledger.post("report", old.report(ledger))
    assert (await ledger.conditions(old))["Ready"] == ("True", "Reporting")
    ledger.seconds += 1
    assert await registered(ledger, await come(ledger, "other", BOARD)) == ""
