"""Every attack gets further when its guard is taken out: no refusal is there by chance."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.attacks import ATTACKS
from tests.security.captured import STEP, Captured, Order
from tests.security.guards import IN_THE_MODELS, LESS_IS_NEVER_MORE, OF_A_LIBRARY, THE_SAME_AS, WITHOUT
from tests.security.realm import Realm
from tests.security.unguarded import taken_out
from tests.unit.node_agent.cluster import read_receipt
from tests.unit.node_agent.node import Node
from trust.job import Receipt


class World:
    """An executor in this process, which ran what Alice signed."""

    def __init__(self, folder: Path) -> None:
        self.node = Node(folder, trusted=False)
        self.realm = Realm()
        self.node.service.trust.accept(self.realm.bundle())
        self.captured = Captured(self.realm, self.node.service.identity.node, "a" * 64)
        volume = {"kind": "volume", "name": "data-0", "verb": "ensure", "epoch": 1, "generation": 2}
        for revision in (2, 3):
            order = self.captured.order(
                self.captured.wish(revision=revision).signed(), None, volume, STEP | {"generation": 2}
            )
            assert self.place(order).state == "succeeded"

    def place(self, order: Order) -> Receipt:
        """Delivers an order as an agent does."""
        receipt = self.node.runner.run(order.job, 1, order.to_bytes(), order.documents)
        return read_receipt(receipt, self.node.public)


@pytest.fixture
def world() -> Iterator[World]:
    """A world of its own for each attack: one that succeeds leaves its traces."""
    with tempfile.TemporaryDirectory(prefix="hpn-") as folder:
        yield World(Path(folder))


def test_every_attack_has_a_guard_that_can_be_taken_out_or_says_why_not() -> None:
    assert set(ATTACKS) == set(WITHOUT) | IN_THE_MODELS | OF_A_LIBRARY | LESS_IS_NEVER_MORE | set(THE_SAME_AS)


@pytest.mark.parametrize("name", WITHOUT)
def test_without_its_guard_an_attack_is_no_longer_refused_for_its_reason(world: World, name: str) -> None:
    attack, code = ATTACKS[name]
    guarded = world.place(attack(world.captured))
    assert (guarded.state, guarded.reason) == ("refused", code.value), guarded.message
    with taken_out(*WITHOUT[name]):
        receipt = world.place(attack(world.captured))
    assert (receipt.state, receipt.reason) != ("refused", code.value), "it is not this guard that refuses"
    print(f"without its guard {name} is {receipt.state}: {receipt.reason} {receipt.message[:100]}")
    again = world.place(attack(world.captured))
    assert again.state == "refused" or receipt.state == "succeeded", "what was taken out is back"
