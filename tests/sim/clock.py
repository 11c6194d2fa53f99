"""Wall clocks of simulated machines: virtual time, plus what this clock is off by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from node_agent.clock import render

BEGINNING = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class MachineClock:
    """`node_agent.clock.Clock`, and the `now` of controllers. `offset` is set by faults; waiting does not see it."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self.offset = timedelta()
        self.booted = 0.0
        self._floor = BEGINNING - timedelta(days=365)

    def now(self) -> datetime:
        """See Clock."""
        return max(BEGINNING + timedelta(seconds=self._seconds()) + self.offset, self._floor)

    def timestamp(self) -> str:
        """See Clock."""
        return render(self.now())

    def elapsed(self) -> float:
        """See Clock."""
        return self._seconds() - self.booted

    def raise_floor(self, at_least: datetime) -> None:
        """See Clock."""
        self._floor = max(self._floor, at_least)
