"""Counters, gauges and histograms of one process, each with its meaning and the values that its labels take.

Labels are bounded: words of ours, never of a stranger. The reference page is made from these definitions, so that what
is measured and what is documented cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
Row = tuple[tuple[str, ...], float]
Observe = Callable[[], Iterable[Row]]


@dataclass(frozen=True)
class Definition:
    """One metric as Prometheus shows it; `labels` says of each what values it takes."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: Mapping[str, str]


class Measures:
    """Makes metrics in a registry of its own; nothing is global."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.definitions: list[Definition] = []
        ProcessCollector(registry=self.registry)

    def counter(self, name: str, meaning: str, **labels: str) -> Counter:
        """What only rises."""
        self.definitions.append(Definition(f"{name}_total", "counter", meaning, labels))
        return Counter(name, meaning, tuple(labels), registry=self.registry)

    def gauge(self, name: str, meaning: str, **labels: str) -> Gauge:
        """What rises and falls, set by whoever knows it."""
        self.definitions.append(Definition(name, "gauge", meaning, labels))
        return Gauge(name, meaning, tuple(labels), registry=self.registry)

    def histogram(self, name: str, meaning: str, buckets: Sequence[float] = SECONDS, **labels: str) -> Histogram:
        """How long something takes."""
        self.definitions.append(Definition(name, "histogram", meaning, labels))
        return Histogram(name, meaning, tuple(labels), buckets=buckets, registry=self.registry)

    def observed(self, name: str, meaning: str, observe: Observe, **labels: str) -> None:
        """A gauge that is looked up whenever somebody asks: the values of its labels, and the number."""
        self.definitions.append(Definition(name, "gauge", meaning, labels))
        self.registry.register(_Observed(name, meaning, tuple(labels), observe))

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


@dataclass(frozen=True, eq=False)
class _Observed(Collector):
    """A series that is no longer observed is no longer told."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    observe: Observe

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """See prometheus_client: without it the first look would come before there is anything to see."""
        return [GaugeMetricFamily(self.name, self.meaning, labels=self.labels)]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """See Collector."""
        family = GaugeMetricFamily(self.name, self.meaning, labels=self.labels)
        for values, number in self.observe():
            family.add_metric(values, number)
        return [family]
