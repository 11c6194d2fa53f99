"""What is made from the controllers is what they tell, and alerts and dashboard ask for nothing that nobody tells."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from controllers.loop.measures import Definition
from controllers.reference import events, metrics
from controllers.reference.__main__ import ROOT, files
from controllers.stuck import TOLD
from crds.kinds import KINDS

ALERTS = ROOT / "charts" / "hardpan" / "files" / "alerts.yaml"
DASHBOARD = ROOT / "charts" / "hardpan" / "files" / "dashboard.json"
DEFINED = {each.name: each for definitions in metrics.of_roles().values() for each in definitions}
# What every Prometheus client tells of its process.
PROCESS = {"process_start_time_seconds", "process_open_fds", "process_max_fds", "process_resident_memory_bytes"}
PROCESS |= {"process_cpu_seconds_total"}


def asked(text: str) -> set[str]:
    """The metrics that are named, histograms by their own name."""
    named = set(re.findall(r"\b(?:hardpan|process)_[a-z_]+\b", text))
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in named}


@pytest.mark.parametrize("file", files(), ids=lambda file: file.name)
def test_what_is_committed_is_what_the_controllers_tell(file: Path) -> None:
    assert file.read_text() == files()[file], "run `make crds` and commit what it writes"


@pytest.mark.parametrize("file", [ALERTS, DASHBOARD], ids=lambda file: file.name)
def test_nothing_is_asked_for_that_nobody_tells(file: Path) -> None:
    assert asked(file.read_text()) - DEFINED.keys() - PROCESS == set()
    assert len(asked(file.read_text())) > 10


@pytest.mark.parametrize("definition", DEFINED.values(), ids=list(DEFINED))
def test_each_metric_has_a_meaning_and_says_which_values_its_labels_take(definition: Definition) -> None:
    assert definition.name.startswith("hardpan_")
    assert definition.meaning
    assert all(definition.labels.values())
    assert f"| `{definition.name}` | {definition.type} |" in metrics.page()


def test_two_roles_mean_the_same_by_a_name() -> None:
    told = [each for definitions in metrics.of_roles().values() for each in definitions]
    assert all(each == DEFINED[each.name] for each in told)


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_page_of_events_tells_of_what_is_told_and_of_nothing_else() -> None:
    told = {(kind.kind, condition, str(reason)) for kind in KINDS for condition, reason in events.warnings(kind)}
    assert ("Deployment", "Stalled", "RemovalsHalted") in told
    assert ("Node", "Ready", "Lost") in told
    assert ("Node", "Ready", "Reporting") not in told
    assert {condition for _, condition, _ in told} <= TOLD
