"""What admission tells of its decisions; reasons of refusals are counted as everywhere."""

from __future__ import annotations

from controllers.loop.measures import Measures


class Figures:
    """Admission's metrics."""

    def __init__(self, measures: Measures) -> None:
        self._decisions = measures.counter(
            "hardpan_admission_decisions", "Reviews of deployments", outcome="`allowed`, `refused`"
        )
        for outcome in ("allowed", "refused"):
            self._decisions.labels(outcome)

    def decided(self, allowed: bool) -> None:
        """A review was answered."""
        self._decisions.labels("allowed" if allowed else "refused").inc()
