"""Credited uptime as a share of the time in which a node could have reported. Pure.

The ledger credits what reports prove and writes it down every few minutes, so the youngest minutes may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

WINDOWS = (1, 7, 30)


@dataclass(frozen=True)
class NodeUptime:
    """A node: since when it is known, and the credited seconds of each UTC day."""

    node: str
    state: str
    since: datetime
    days: Mapping[date, int]

    def share(self, days: int, now: datetime) -> float:
        """From 0 to 1: of the last so many UTC days, today being one, or of the time since it came."""
        begins = max(self.since, _midnight(now.date() - timedelta(days=days - 1)))
        could = (now - begins).total_seconds()
        credited = sum(seconds for day, seconds in self.days.items() if day >= begins.date())
        return min(1.0, credited / could) if could > 0 else 0.0

    def daily(self, now: datetime) -> tuple[tuple[date, float], ...]:
        """The share of each day on which it was known, the latest first."""
        known = sorted((day for day in self.days if day >= self.since.date()), reverse=True)
        return tuple((day, self._share_of(day, now)) for day in known)

    def _share_of(self, day: date, now: datetime) -> float:
        begins, ends = max(self.since, _midnight(day)), min(now, _midnight(day + timedelta(days=1)))
        could = (ends - begins).total_seconds()
        return min(1.0, self.days[day] / could) if could > 0 else 0.0


def percent(share: float) -> str:
    """As people write it; never rounded up to all."""
    hundredths = int(share * 10_000)
    return f"{hundredths / 100:.2f} %"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
