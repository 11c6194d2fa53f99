"""The table as a signed report. Its sequence only rises, over restarts too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from node_agent.clock import Clock
from node_agent.executor.bin import volume_of
from node_agent.executor.health import Health
from node_agent.executor.identity import Identity
from node_agent.executor.resources import Resources
from node_agent.executor.starts import Starts
from node_agent.executor.store import Store
from node_agent.executor.trust_state import TrustState
from trust.machine import sign
from trust.registration import Capacity
from trust.report import MOST_FINDINGS, MOST_ROWS, REPORT_TYPE, Report, ReportCapacity, ReportImage

RESERVED = 1_000
_SEQUENCE = "report-sequence"


class Sequence:
    """Rising numbers; a thousand are reserved per write, so that a report costs no disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._next = self._reserved = int(store.fact(_SEQUENCE) or b"0")

    def take(self) -> int:
        """The next number."""
        with self._lock:
            if self._next >= self._reserved:
                self._reserved = self._next + RESERVED
                self._store.keep_fact(_SEQUENCE, str(self._reserved).encode())
            self._next += 1
            return self._next


@dataclass(frozen=True)
class Reporter:
    """Writes reports."""

    identity: Identity
    boot: str
    starts: Starts
    clock: Clock
    trust: TrustState
    resources: Resources
    capacity: Callable[[], Capacity]
    sequence: Sequence
    bin_entries: Callable[[], Iterable[str]]
    health: Health
    image: Callable[[], ReportImage | None] = lambda: None

    def report(self) -> bytes:
        """The signed envelope of what is now."""
        capacity = self.capacity()
        body = Report(
            cluster=self.trust.cluster,
            node=self.identity.node,
            boot=self.boot,
            start=self.starts.this().number,
            sequence=self.sequence.take(),
            time=self.clock.timestamp(),
            uptime_seconds=max(0, int(self.clock.elapsed())),
            snapshot_version=self.trust.version,
            capacity=ReportCapacity(cpus=capacity.cpus, memory=capacity.memory, disk=capacity.disk),
            bin=tuple(sorted({volume_of(entry) for entry in self.bin_entries()})[:MOST_ROWS]),
            table=self.resources.rows()[:MOST_ROWS],
            findings=self.health.findings()[:MOST_FINDINGS] or None,
            image=self.image(),
        )
        return sign(REPORT_TYPE, body.to_bytes(), self.identity.signing, self.identity.key_id)
