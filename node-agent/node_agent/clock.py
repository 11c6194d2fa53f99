"""Time on a node: never below the newest time that the operator's root signed, and a steady one for waiting."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time, and seconds since the machine started."""

    def now(self) -> datetime:
        """UTC; never before the highest `raise_floor`."""

    def timestamp(self) -> str:
        """`now`, RFC 3339 in whole seconds."""

    def elapsed(self) -> float:
        """Seconds since boot, sleep included; never jumps."""

    def raise_floor(self, at_least: datetime) -> None:
        """Time cannot be earlier than this: somebody that we believe signed it."""


def render(moment: datetime) -> str:
    """RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class SystemClock:
    """The kernel's clocks."""

    def __init__(self) -> None:
        self._floor = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The kernel's time, or the floor if that is later."""
        return max(datetime.now(UTC), self._floor)

    def timestamp(self) -> str:
        """`now` as text."""
        return render(self.now())

    def elapsed(self) -> float:
        """CLOCK_BOOTTIME."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def raise_floor(self, at_least: datetime) -> None:
        """Keeps the highest."""
        with self._lock:
            self._floor = max(self._floor, at_least)
