"""Some deaths at writes of the reference run; `python -m tests.sim --exhaustive` all."""

from __future__ import annotations

import pytest

from tests.sim.exhaustive import Boundary, boundaries, run

EVERY = 101
WHILE_A_NODE_WAITS = ("create nodes", "grant")


@pytest.fixture(scope="module")
def some() -> list[Boundary]:
    found = boundaries()
    asked = [each for each in found if any(write in each.what for write in WHILE_A_NODE_WAITS)]
    return [*found[::EVERY], *asked]


@pytest.mark.timeout(400)
def test_a_process_that_dies_at_a_write_costs_nobody_anything(some: list[Boundary]) -> None:
    failed = {f"{each.process}:{each.number}": found for each in some if (found := run(each).violations)}
    assert failed == {}, "again: python -m tests.sim --crash PROCESS:N"


def test_the_reference_run_meets_writes_of_every_process(some: list[Boundary]) -> None:
    assert {each.process for each in boundaries()} == {
        "ledger", "coord", "supervisor-main", "node-0/executor", "node-0/agent",
    }  # fmt: skip
