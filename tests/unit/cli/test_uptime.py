"""Uptime is a share of the time in which a node could have reported."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.uptime import WINDOWS, NodeUptime, percent

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def node(days: dict[str, int], since: datetime = LONG_AGO) -> NodeUptime:
    return NodeUptime("n-x", "Reporting", since, {date.fromisoformat(day): seconds for day, seconds in days.items()})


def test_today_counts_from_midnight() -> None:
    assert node({"2026-11-24": 21_600}).share(1, NOW) == 0.5


def test_a_node_counts_from_when_it_came() -> None:
    came = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    assert node({"2026-11-24": 3600}, came).share(30, NOW) == 1.0


def test_days_without_a_report_count_as_away() -> None:
    days = {"2026-11-18": 86_400, "2026-11-24": 43_200}
    assert node(days).share(7, NOW) == pytest.approx((86_400 + 43_200) / (6.5 * 86_400))


def test_what_is_older_than_the_window_does_not_count() -> None:
    assert node({"2026-11-01": 86_400}).share(7, NOW) == 0.0


def test_each_day_by_itself_the_latest_first() -> None:
    came = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    found = node({"2026-11-23": 10_800, "2026-11-24": 43_200}, came).daily(NOW)
    assert found == ((date(2026, 11, 24), 1.0), (date(2026, 11, 23), 0.5))


@given(
    st.dictionaries(st.dates(date(2026, 10, 20), date(2026, 11, 24)), st.integers(0, 90_000)),
    st.datetimes(datetime(2026, 10, 1), datetime(2026, 11, 24, 12)),
)
def test_a_share_is_never_more_than_all(days: dict[date, int], since: datetime) -> None:
    one = NodeUptime("n-x", "Reporting", since.replace(tzinfo=UTC), days)
    assert all(0.0 <= one.share(window, NOW) <= 1.0 for window in WINDOWS)
    assert all(0.0 <= share <= 1.0 for _, share in one.daily(NOW))


@pytest.mark.parametrize(
    ("share", "shown"), [(1.0, "100.00 %"), (0.99999, "99.99 %"), (0.0, "0.00 %"), (0.5, "50.00 %")]
)
def test_nearly_all_is_not_all(share: float, shown: str) -> None:
    assert percent(share) == shown
