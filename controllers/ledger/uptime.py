"""Credits uptime from the reports that arrived, never from what a node claims, and says who is late. Pure.

Times are seconds of the ledger's own clocks: `monotonic` for gaps, UTC for days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

DAYS_KEPT = 35
LOST_AFTER_SECONDS = 300.0
Liveness = Literal["Reporting", "Stale", "Lost"]


@dataclass(frozen=True)
class Attendance:
    """What the ledger holds in memory of one node. `days` are (UTC day, credited seconds), oldest first."""

    received: float
    boot: str = ""
    sequence: int = 0
    days: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Beat:
    """One verified report: which boot, its number in that boot."""

    boot: str
    sequence: int


def interval_seconds(nodes: int, shortest: float = 10.0) -> float:
    """How often nodes report: 150 reports a second at most, between `shortest` and 60 s."""
    return min(60.0, max(shortest, nodes / 150))


def grace_seconds(interval: float) -> float:
    """Silence after which a node is stale: three intervals and ten seconds (less when intervals are short)."""
    return 3 * interval + min(10.0, interval)


def is_replay(seen: Attendance, beat: Beat) -> bool:
    """The report is not newer than one that already counted."""
    return beat.boot == seen.boot and beat.sequence <= seen.sequence


def credit(seen: Attendance, beat: Beat, received: float, now: datetime, interval: float) -> Attendance:
    """Credits the time since the last report, at most two intervals: longer silence earns nothing more."""
    earned = min(received - seen.received, 2 * interval) if seen.boot == beat.boot else 0.0
    return replace(seen, received=received, boot=beat.boot, sequence=beat.sequence, days=_add(seen.days, now, earned))


def liveness(seen: Attendance, received: float, interval: float) -> Liveness:
    """What the silence since the last report means."""
    silence = received - seen.received
    if silence <= grace_seconds(interval):
        return "Reporting"
    return "Stale" if silence <= max(LOST_AFTER_SECONDS, 2 * grace_seconds(interval)) else "Lost"


def _add(days: tuple[tuple[str, float], ...], now: datetime, earned: float) -> tuple[tuple[str, float], ...]:
    day = f"{now:%Y-%m-%d}"
    if days and days[-1][0] == day:
        return (*days[:-1], (day, days[-1][1] + earned))
    return (*days, (day, earned))[-DAYS_KEPT:]
