"""A new image has a time to become a node; pid 1 alone sees to it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from node_agent.boot.node_state import NodeState, parse
from node_agent.boot.trial import TRIAL_SECONDS, Trial, trial_seconds
from sal.efi_boot import VARIABLES, BootVariables

GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"


def test_an_image_that_works_in_time_stays(tmp_path: Path) -> None:
    now = 0.0
    trial = Trial(tmp_path / "sound", 90.0, lambda: now)
    assert not trial.failed()
    now = 91.0
    assert trial.failed()
    (tmp_path / "sound").touch()
    assert not trial.failed()


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("console=ttyS0", TRIAL_SECONDS),
        ("console=ttyS0 trial_seconds=90", 90.0),
        ("trial_seconds=90 trial_seconds=120", 120.0),
        ("trial_seconds=0", TRIAL_SECONDS),
        ("trial_seconds=soon", TRIAL_SECONDS),
    ],
)
def test_the_kernel_line_may_say_for_how_long(line: str, seconds: float) -> None:
    assert trial_seconds(line) == seconds


@pytest.mark.parametrize(("current", "once"), [(0x4850, True), (1, False), (None, False)])
def test_only_a_start_that_was_asked_for_once_is_a_trial(tmp_path: Path, current: int | None, once: bool) -> None:
    folder = tmp_path / VARIABLES
    folder.mkdir(parents=True)
    if current is not None:
        (folder / f"BootCurrent-{GLOBAL}").write_bytes(struct.pack("<IH", 6, current))
    assert BootVariables(tmp_path).started_once() is once


def test_a_node_works_once_it_reports_and_takes_orders() -> None:
    status = b'{"parts": {"control plane": {"state": "Reporting"}, "queue": {"state": "%s"}}}'
    assert parse(status % b"Connected").works
    assert not parse(status % b"Away").works
    assert not NodeState(state="Reporting").works
