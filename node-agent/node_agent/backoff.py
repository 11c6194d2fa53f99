"""How long to wait before trying again: longer each time, never in step with others."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass
class BackOff:
    """Exponential with full jitter above half; seeded by the caller where a test needs it."""

    first: float = 1.0
    longest: float = 60.0
    source: random.Random = field(default_factory=random.Random)
    failures: int = field(default=0, init=False)

    def next(self) -> float:
        """Seconds to wait after one more failure: between half and all of first, 2 × first, 4 × first … longest."""
        most = min(self.longest, self.first * 2.0**self.failures)
        self.failures = min(self.failures + 1, 32)
        return most * (0.5 + self.source.random() / 2)

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
