"""How the world behaves between processes: how long messages take, and how often they are lost. Seeded, per concern."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass
class Weather:
    """Rates are probabilities per call; scripts change them as faults begin and end."""

    seed: str
    api_lost: float = 0.0
    api_conflict: float = 0.0
    watch_slow: float = 0.0
    sal_failing: float = 0.0
    gateway_lost: float = 0.0
    calm: bool = False

    def source(self, concern: str) -> random.Random:
        """A stream of randomness that no other concern disturbs."""
        return random.Random(f"{self.seed}/{concern}")


def short(source: random.Random, typical: float) -> float:
    """A duration around `typical`, now and then ten times as long."""
    drawn = source.random()
    return typical * (0.5 + drawn) if drawn < 0.97 else typical * 10 * source.random()
