"""Two real nodes with one key: the real ledger freezes both, the queue is shut, and one goes on when it is resolved."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.ledger_site import LedgerSite
from tests.system.node_process import Node
from tests.system.node_site import kill, wait_for
from tests.system.requirements import need

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder: the path of a socket is at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="hpc-") as made:
        yield Path(made)


@pytest.fixture
def site(folder: Path) -> Iterator[LedgerSite]:
    """A site with a real ledger."""
    need("root", "redis")
    made = LedgerSite(folder)
    yield made
    made.close()


@pytest.fixture
def node(folder: Path, site: LedgerSite) -> Iterator[Node]:
    """A running node."""
    made = Node(folder, site)
    made.says("control plane Reporting")
    yield made
    made.stop()


def copy_of(node: Node, folder: Path, site: LedgerSite) -> Node:
    """A second machine, from a copy of the first one's disk."""
    folder.mkdir()
    state = node.settings.state
    shutil.copytree(state, folder / "state", ignore=shutil.ignore_patterns("run", "agent", "journal"))
    return Node(folder, site)


def test_two_nodes_with_one_key_are_frozen_and_the_one_that_is_left_goes_on(
    folder: Path, site: LedgerSite, node: Node
) -> None:
    node.says("queue Connected")
    assert node.id in site.users()
    copy = copy_of(node, folder / "copy", site)
    try:
        for each in (node, copy):
            each.says("NodeConflict", 40)
        assert site.said(node.id, "Conflict") == ("True", "NodeConflict")
        assert site.said(node.id, "Ready") == ("False", "NodeConflict")
        site.shut()
        assert node.id not in site.users()
        wait_for(lambda: "queue Away NodeConflict" in node.console(), "a queue that is shut", 30, node.console)
    finally:
        copy.stop()
    site.resolve(node.id)
    lines = len(node.console().splitlines())
    wait_for(
        lambda: "control plane Reporting" in "\n".join(node.console().splitlines()[lines:]), "reports", 90, node.console
    )
    assert site.said(node.id, "Conflict") == ("False", "OneMachine")
    wait_for(lambda: node.id in site.users(), "the queue again", 60, node.console)


def test_a_node_whose_processes_are_killed_again_and_again_is_never_taken_for_two(site: LedgerSite, node: Node) -> None:
    for start in (2, 3, 4):
        for name in ("executor", "agent"):
            kill(node.pid(name))
        wait_for(lambda start=start: site.node(node.id).status["start"] == start, f"start {start}", 100, node.console)
    assert "NodeConflict" not in site.refused
    assert site.said(node.id, "Conflict") == ("False", "OneMachine")
