"""What the nodes' own logs say after the pods were killed is judged by starts of each machine and generation."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import create_autospec

from tests.chaos.pods import planned, twice
from tests.chaos.pods_rollouts import Rollouts

Start = tuple[str, int, int]


def logs(folder: Path, *nodes: list[Start]) -> Path:
    """The logs of so many nodes, with these starts."""
    for number, starts in enumerate(nodes):
        file = folder / f"node-{number}" / "state" / "journal" / "effects.jsonl"
        file.parent.mkdir(parents=True)
        lines = [
            {"effect": "machine.start", "subject": subject, "epoch": epoch, "generation": generation}
            for subject, epoch, generation in starts
        ]
        file.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return folder


def test_every_machine_started_once_for_each_revision_is_well(tmp_path: Path) -> None:
    states = logs(tmp_path, [("m-0", 1, 1), ("m-0", 1, 2)], [("m-1", 1, 1), ("m-1", 1, 2)])
    assert list(twice(states, machines=2, revisions=2)) == []


def test_a_start_twice_for_one_generation_is_named(tmp_path: Path) -> None:
    states = logs(tmp_path, [("m-0", 1, 1), ("m-0", 1, 1)])
    assert list(twice(states, machines=1, revisions=1)) == ["m-0 was started 2 times as 1.1"]


def test_a_start_on_two_nodes_is_named(tmp_path: Path) -> None:
    states = logs(tmp_path, [("m-0", 1, 1)], [("m-0", 1, 1)])
    assert list(twice(states, machines=1, revisions=1)) == ["m-0 was started 2 times as 1.1"]


def test_a_revision_that_a_machine_missed_is_named(tmp_path: Path) -> None:
    states = logs(tmp_path, [("m-0", 1, 1), ("m-0", 1, 2), ("m-1", 1, 1)])
    assert list(twice(states, machines=2, revisions=2)) == ["m-1 was started for 1 generations, 2 were signed"]


def test_a_machine_that_was_never_started_is_missed(tmp_path: Path) -> None:
    states = logs(tmp_path, [("m-0", 1, 1)])
    assert list(twice(states, machines=2, revisions=1)) == ["1 machines were started, 2 were signed"]


def test_each_way_to_die_has_its_turn_before_an_upgrade_and_the_way_back() -> None:
    rollouts = create_autospec(Rollouts, instance=True)
    deaths = [rollouts.one_by_one, rollouts.all_at_once, rollouts.all_that_lead]
    assert planned(rollouts, 4) == [*deaths, rollouts.one_by_one, rollouts.upgrade, rollouts.roll_back]
