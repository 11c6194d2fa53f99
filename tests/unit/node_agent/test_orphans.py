"""What nobody asked for is told, and taken away after a day only when it is provably ours and nobody uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.errors import StepFailed
from node_agent.executor.health import Health
from node_agent.executor.host import Orphan, OrphanKind
from node_agent.executor.orphans import BIN_DAYS, GRACE_SECONDS, LOOK_SECONDS, Tidier
from node_agent.executor.verbs import volume_ensure
from tests.unit.node_agent.build import World, ensure, volume

OURS = Orphan("volume", "v-" + "a" * 20, ours=True, used=False)


class Node(World):
    """A node with a tidier."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.health = Health()
        self.tidier = Tidier(self.tools, self.health)

    def watch(self, seconds: float) -> list[str]:
        """Lets it look once a minute; returns what it took away."""
        for _ in range(max(1, int(seconds / LOOK_SECONDS))):
            self.clock.advance(LOOK_SECONDS)
            self.tidier.pass_once()
        return [name for effect, name in self.host.effects if effect == "remove orphan"]

    @property
    def told(self) -> str:
        """What the report says."""
        found = self.health.findings()
        assert all(each.reason == "OrphansFound" for each in found)
        return found[0].message if found else ""


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node on which nothing is orphaned."""
    made = Node(tmp_path)
    assert (made.watch(120), made.told) == ([], "")
    return made


def test_it_is_told_first_and_taken_away_a_day_later(node: Node) -> None:
    node.host.orphaned.add(OURS)
    assert (node.watch(LOOK_SECONDS), node.told) == ([], "")
    assert node.watch(GRACE_SECONDS - 2 * LOOK_SECONDS) == []
    assert f"volume {OURS.name};" in node.told
    assert node.watch(3 * LOOK_SECONDS) == [OURS.name]
    assert node.told == ""
    assert node.effects.lines == [("orphan.remove", OURS.name)]


@pytest.mark.parametrize(
    ("kind", "ours", "used", "words"),
    [
        ("machine", True, True, "(runs)"),
        ("volume", False, False, "(without our mark)"),
        ("port", False, True, "(runs)"),
    ],
)
def test_what_runs_or_has_not_our_mark_is_told_and_never_touched(
    node: Node, kind: OrphanKind, ours: bool, used: bool, words: str
) -> None:
    node.host.orphaned.add(Orphan(kind, "x-1", ours, used))
    assert node.watch(3 * GRACE_SECONDS) == []
    assert words in node.told


def test_the_day_begins_anew_when_it_was_used_meanwhile(node: Node) -> None:
    node.host.orphaned.add(OURS)
    node.watch(GRACE_SECONDS / 2)
    node.host.orphaned.clear()
    node.watch(LOOK_SECONDS)
    node.host.orphaned.add(OURS)
    assert node.watch(GRACE_SECONDS - LOOK_SECONDS) == []


def test_what_an_order_takes_in_meanwhile_is_no_stranger(node: Node) -> None:
    name = volume().host_name
    node.host.orphaned.add(Orphan("volume", name, ours=True, used=False))
    node.watch(GRACE_SECONDS / 2)
    assert name in node.told
    volume_ensure.perform(ensure(volume()), node.tools)
    assert node.watch(2 * GRACE_SECONDS) == []
    assert node.told == ""


def test_a_volume_waits_in_the_bin_for_a_month(node: Node) -> None:
    node.host.orphaned.add(OURS)
    node.watch(GRACE_SECONDS + 2 * LOOK_SECONDS)
    found = node.tools.store.rows("SELECT host_name, days FROM bin_terms")
    assert [tuple(each) for each in found] == [(OURS.name, BIN_DAYS)]


def test_what_cannot_be_taken_away_is_tried_again(node: Node) -> None:
    node.host.orphaned.add(OURS)
    node.host.failures["remove orphan"] = StepFailed("HostFailed", "no")
    assert node.watch(GRACE_SECONDS + 2 * LOOK_SECONDS) == []
    assert OURS.name in node.told
    node.host.failures.clear()
    assert node.watch(LOOK_SECONDS) == [OURS.name]


def test_of_many_the_first_are_named_in_a_sentence_that_fits(node: Node) -> None:
    node.host.orphaned |= {Orphan("volume", f"v-{number:020}", ours=False, used=False) for number in range(50)}
    node.watch(2 * LOOK_SECONDS)
    assert "and 47 more" in node.told
    assert len(node.told) <= 256
