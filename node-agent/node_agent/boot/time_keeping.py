"""Keeps this machine's clock: when to ask, and what the answers may set."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from node_agent.boot import time_sources
from node_agent.boot.clock_rules import Correction, Reading, below_floor, correct

AGAIN_SECONDS = 3600.0
DOUBTED_SECONDS = 30.0
DOUBTS = frozenset({"ClockWrong", "ClockSkew"})
UNKNOWN = "says the image's build time, since nobody told the time yet"

Ask = Callable[[Sequence[str], str, Path], tuple[Reading, ...]]


def _set(moment: float) -> None:
    time.clock_settime(time.CLOCK_REALTIME, moment)


@dataclass
class TimeKeeper:
    """`told` is what people should know of the clock; empty when there is nothing."""

    built: int
    ask_all: Ask = time_sources.ask
    now: Callable[[], float] = time.time
    set: Callable[[float], None] = _set
    elapsed: Callable[[], float] = time.monotonic
    told: str = ""

    def __post_init__(self) -> None:
        self._asked: float | None = None
        self._worthless = False

    def below_floor(self) -> bool:
        """Whether the clock says a time that cannot be."""
        return below_floor(self.now(), self.built)

    def raise_to_floor(self) -> None:
        """From here on the clock is at least possible."""
        self.set(self.built)
        self._worthless, self.told = True, UNKNOWN

    def due(self, reason: str) -> bool:
        """Whether to ask now; `reason` is why the node is not registered."""
        if self._asked is None:
            return True
        return self.elapsed() - self._asked >= (DOUBTED_SECONDS if reason in DOUBTS else AGAIN_SECONDS)

    def ask(self, servers: Sequence[str], gateway: str, authority: Path) -> float:
        """Asks, and sets the clock as far as the answers allow; the seconds that were added."""
        readings = self.ask_all(servers, gateway, authority)
        correction = correct(readings, self._worthless)
        if correction.seconds:
            self.set(self.now() + correction.seconds)
        if readings:
            self._worthless, self.told = False, correction.told or self._still(correction)
        self._asked = self.elapsed()
        return correction.seconds

    def _still(self, correction: Correction) -> str:
        """That a clock was set stays worth knowing; that it cannot be set does not once it agrees."""
        return self.told if self.told.startswith("was ") and not correction.seconds else ""
