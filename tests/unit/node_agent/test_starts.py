"""Starts are counted beside the key: durably before anybody hears of them, and never twice the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.errors import NeedsOperator, TryAgain
from node_agent.executor.starts import Start, Starts
from sal.errors import NoSpace
from tests.unit.node_agent.node import Node
from trust.machine import peek
from trust.registration import REGISTRATION_TYPE, Registration, open_registration
from trust.report import REPORT_TYPE, Report


def test_each_start_has_the_next_number_and_another_name(tmp_path: Path) -> None:
    path = tmp_path / "starts.json"
    first, second = (Starts(path).this() for _ in range(2))
    assert (first.number, second.number) == (1, 2)
    assert first.instance != second.instance


def test_one_start_is_counted_once_and_only_when_it_is_asked_for(tmp_path: Path) -> None:
    starts = Starts(tmp_path / "starts.json", lambda: "name")
    assert not (tmp_path / "starts.json").exists()
    assert starts.this() == starts.this() == Start(1, "name")


def test_a_start_that_cannot_be_kept_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise NoSpace(f"{path} cannot be written")

    starts = Starts(tmp_path / "starts.json")
    with monkeypatch.context() as patched:
        patched.setattr("node_agent.executor.starts.write_durably", full)
        with pytest.raises(TryAgain, match="free some, work goes on"):
            starts.this()
    assert starts.this().number == 1


def test_a_damaged_count_stops_the_node_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "starts.json").write_text("{")
    with pytest.raises(NeedsOperator, match="is damaged: remove it"):
        Starts(tmp_path / "starts.json").this()


def test_registration_and_reports_name_the_start_that_made_them(tmp_path: Path) -> None:
    node, told = Node(tmp_path), []
    for _ in range(2):
        service = node.service
        signed = service.enrolment.registration("bm9uY2U=", "boot", service.inventory(), service.capacity())
        registration = open_registration(signed, node.cluster.id)
        report = peek(service.reporter.report(), REPORT_TYPE, Report)
        assert report.start == registration.start == peek(signed, REGISTRATION_TYPE, Registration).start
        told.append((registration.start, registration.instance))
        node.restart()
    assert [number for number, _ in told] == [1, 2]
    assert told[0][1] != told[1][1]
