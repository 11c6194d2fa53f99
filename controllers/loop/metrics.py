"""What a controller process counts and measures, for Prometheus. One object per process; nothing is global."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Refuse = Callable[[str, str], None]
"""Counts a refusal: of what, and why."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters, gauges and histograms, all in seconds or pieces."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconciles = Counter(
            "hardpan_reconciles", "Reconciles by outcome", ("controller", "outcome"), registry=self.registry
        )
        self.duration = Histogram(
            "hardpan_reconcile_seconds", "How long one takes", ("controller",), buckets=SECONDS, registry=self.registry
        )
        self.waited = Histogram(
            "hardpan_queue_wait_seconds", "Wanted until begun", ("controller",), buckets=SECONDS, registry=self.registry
        )
        self.depth = Gauge("hardpan_queue_depth", "Keys ready to be worked on", ("controller",), registry=self.registry)
        self.events = Counter("hardpan_watch_events", "Watch events by kind", ("resource",), registry=self.registry)
        self.lag = Gauge("hardpan_loop_lag_seconds", "By how much the event loop was late", registry=self.registry)
        self.fence = Gauge("hardpan_lease_fence", "Number of the lease held, 0 when none", registry=self.registry)
        self.refused = Counter(
            "hardpan_refused", "What was refused, by what it was and why", ("what", "reason"), registry=self.registry
        )

    def refuse(self, what: str, reason: str) -> None:
        """Counts a refusal; `what` and `reason` are words of ours, never of a stranger."""
        self.refused.labels(what, reason).inc()

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


def uncounted(what: str, reason: str) -> None:
    """For who is asked without a process around it."""
