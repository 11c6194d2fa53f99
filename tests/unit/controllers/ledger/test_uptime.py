"""Uptime: credited from what was received, bounded, and silence is named in steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.ledger.uptime import (
    DAYS_KEPT,
    Attendance,
    Beat,
    credit,
    grace_seconds,
    interval_seconds,
    is_replay,
    liveness,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_regular_reports_earn_all_of_the_time() -> None:
    seen = credit(Attendance(0.0), Beat("b", 1), 0.0, NOW, 10)
    for number in range(1, 7):
        seen = credit(seen, Beat("b", number + 1), number * 10.0, NOW, 10)
    assert seen.days == (("2026-11-24", 60.0),)


def test_a_gap_earns_two_intervals_at_most() -> None:
    assert credit(Attendance(0.0, "b", 1), Beat("b", 2), 3600.0, NOW, 10).days == (("2026-11-24", 20.0),)


def test_a_reboot_earns_nothing_for_the_time_between() -> None:
    assert credit(Attendance(0.0, "a", 9), Beat("b", 1), 15.0, NOW, 10).days == (("2026-11-24", 0.0),)


def test_a_report_that_came_before_is_a_replay() -> None:
    assert is_replay(Attendance(0.0, "b", 5), Beat("b", 5))
    assert not is_replay(Attendance(0.0, "b", 5), Beat("b", 6))
    assert not is_replay(Attendance(0.0, "a", 5), Beat("b", 1))


def test_thirty_five_days_are_kept() -> None:
    seen = Attendance(0.0, "b", 0)
    for day in range(60):
        seen = credit(seen, Beat("b", day), day * 10.0, NOW + timedelta(days=day), 10)
    assert len(seen.days) == DAYS_KEPT


@pytest.mark.parametrize(
    ("silence", "state"), [(0, "Reporting"), (40, "Reporting"), (41, "Stale"), (300, "Stale"), (301, "Lost")]
)
def test_silence_is_named_in_steps(silence: float, state: str) -> None:
    assert liveness(Attendance(0.0), silence, 10) == state


def test_the_fleet_never_sends_more_than_150_reports_a_second() -> None:
    assert interval_seconds(10) == 10
    assert interval_seconds(3000) == 20
    assert interval_seconds(100_000) == 60
    assert grace_seconds(10) == 40


@given(st.lists(st.floats(0.1, 500), max_size=50))
def test_credit_never_exceeds_the_time_that_passed(gaps: list[float]) -> None:
    seen, clock = Attendance(0.0, "b", 0), 0.0
    for number, gap in enumerate(gaps, 1):
        clock += gap
        seen = credit(seen, Beat("b", number), clock, NOW, 10)
    assert sum(seconds for _, seconds in seen.days) <= clock + 1e-6
