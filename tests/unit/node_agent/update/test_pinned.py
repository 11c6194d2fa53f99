"""A node whose images come over the network: it restarts for a signed order, and keeps or leaves what it then gets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from node_agent.update.decide import Step
from node_agent.update.pinned import Pin, pin
from tests.unit.node_agent.update.test_keeper import Machine, installed, is_fetching


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("console=ttyS0 hardpan_pin=kept hardpan.gateway=https://cp:8443", Pin.KEPT),
        ("hardpan_pin=trial", Pin.TRIAL),
        ("console=ttyS0", None),
        ("hardpan_pin=forever", None),
        ("hardpan_pin=", None),
    ],
)
def test_what_the_kernel_line_says_of_a_pin(line: str, found: Pin | None) -> None:
    assert pin(line) is found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that was started over the network; its boot partition is somebody else's."""
    made = Machine(tmp_path)
    made.bench.installer = replace(made.bench.installer, pinned=True)
    made.start("0.1.0")
    return made


def test_it_restarts_for_an_order_and_writes_nothing_but_that_it_does(machine: Machine) -> None:
    installed(machine)
    assert machine.restarts == 1
    assert machine.bench.attempt is not None
    assert machine.bench.files == {"0.1.0.efi", "0.1.0.conf"}
    assert machine.bench.variable("BootNext") is None
    assert not machine.bench.runner.commands


def test_a_new_image_that_works_ends_the_attempt(machine: Machine) -> None:
    installed(machine)
    machine.start("0.2.0")
    machine.order()
    machine.look(sound=False)
    assert machine.bench.attempt is not None
    assert machine.until(lambda said: said.state == "current").release == "new"
    assert machine.bench.attempt is None
    assert not machine.bench.runner.commands
    assert machine.bench.files == {"0.1.0.efi", "0.1.0.conf"}


def test_the_old_image_after_a_try_says_that_it_fell_back_and_does_not_try_again(machine: Machine) -> None:
    installed(machine)
    machine.start("0.1.0")
    machine.order()
    machine.look()
    machine.look()
    assert machine.told.state == "fell-back"
    assert machine.restarts == 1


def test_an_order_that_is_withdrawn_before_the_restart_is_forgotten(machine: Machine) -> None:
    machine.bench.set("BootNext", 1)
    is_fetching(machine)
    machine.bench.desk.order.unlink()
    machine.until_step(Step.TAKE_BACK)
    assert (machine.bench.attempt, machine.restarts) == (None, 0)
    assert machine.bench.variable("BootNext") is not None
