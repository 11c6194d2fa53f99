"""The newest verified report of each node: what supervisors believe of a resource besides receipts.

The queue may repeat or hold back what a node said, so only what is newer counts, and what stays the same grows old.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from controllers.certified import Certified
from controllers.loop.metrics import Refuse, uncounted
from controllers.loop.objects import Object
from controllers.supervisor.holdings import Holdings, Rows
from controllers.supervisor.model import Row
from jobs.about import about
from jobs.broker import ControllerBroker
from trust.dsse import decode
from trust.errors import Code, Refusal
from trust.machine import open_signed
from trust.report import REPORT_TYPE, Report
from trust.strangers import harmless

log = logging.getLogger(__name__)
STALE_SECONDS = 60.0
LONGEST_MESSAGE = 256


@dataclass(frozen=True)
class News:
    """Deployments (by uid) whose rows are not what they were, and nodes that went quiet or came back."""

    deployments: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """A report as far as it is read again: its number and the node's time, its rows by (deployment uid, kind, name),
    the names in its bin, and when it came by our own monotonic clock."""

    sequence: int
    time: str
    rows: Rows
    bin: frozenset[str]
    received: float


class Reports:
    """Reads heartbeats and keeps the newest of each node; a node that nobody vouches for says nothing."""

    def __init__(
        self,
        broker: ControllerBroker,
        certified: Certified,
        cluster: str,
        clock: Callable[[], float] | None = None,
        refuse: Refuse = uncounted,
    ) -> None:
        self._broker, self._certified, self._refuse = broker, certified, refuse
        self.cluster = cluster
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._read_before: dict[str, tuple[bytes, Known | None]] = {}
        """The digest of what was read last of each node, and what it said."""
        self._newest: dict[str, Known] = {}
        self._known: dict[str, Known] = {}
        self.holdings = Holdings()
        self._since: float | None = None
        self._complete = False

    def of(self, node: str) -> Known | None:
        """The newest report, or None when the node has gone quiet."""
        return self._known.get(node)

    def holders(self, host_names: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """The nodes in whose bin a volume waits, by volume, of those that wait; a quiet node's last word counts."""
        found = {
            volume: frozenset(node for node, known in self._newest.items() if name in known.bin)
            for volume, name in host_names.items()
        }
        return {volume: nodes for volume, nodes in found.items() if nodes}

    @property
    def complete(self) -> bool:
        """Whether it is known what nodes hold: each that should be there has reported once, or was waited for."""
        return self._complete

    def keep(self, nodes: Collection[str]) -> None:
        """Forgets what all other nodes said."""
        for name in self._read_before.keys() - set(nodes):
            self._read_before.pop(name)
            self._newest.pop(name, None)
            self.holdings.replace(name, {})
            self._known.pop(name, None)

    def listen(self, reachable: Iterable[Object]) -> bool:
        """Tells which nodes should be there; whether from now on it is known what they hold.

        Nobody waits for a node whose certificate does not count: no word of its would be believed.
        """
        if self._complete:
            return False
        self._since = self._since if self._since is not None else self._clock()
        waited = self._clock() - self._since > STALE_SECONDS
        self._complete = waited or all(node.name in self._newest for node in reachable if self._counts(node))
        return self._complete

    async def refresh(self, nodes: Iterable[Object]) -> News:
        """Reads the heartbeats of these nodes; returns what changed by them."""
        uids, turned = set[str](), set[str]()
        asked = list(nodes)
        found = await self._broker.heartbeats([node.name for node in asked])
        for node in asked:
            new = self._current(node.name, self._read(node, found.get(node.name)))
            old = self._known.pop(node.name, None)
            if new is not None:
                self._known[node.name] = new
            uids |= _changed(old.rows if old else {}, new.rows if new else {})
            turned |= {node.name} if (old is None) != (new is None) else set()
        return News(frozenset(uids), frozenset(turned))

    def _read(self, node: Object, data: bytes | None) -> Known | None:
        if data is None:
            return None
        before, known = self._read_before.get(node.name, (b"", None))
        digest = hashlib.sha256(data).digest()
        if digest != before:
            known = self._open(node, data)
            self._read_before[node.name] = (digest, known)
        return known if self._counts(node) else None

    def _counts(self, node: Object) -> bool:
        """Asked again each time: what a node said before it was revoked counts no longer either."""
        try:
            self._certified.of(node)
        except Refusal:
            return False
        return True

    def _open(self, node: Object, data: bytes) -> Known | None:
        with about(node=node.name):
            return self._verify(node, data)

    def _verify(self, node: Object, data: bytes) -> Known | None:
        try:
            report = open_signed(data, REPORT_TYPE, Report, decode(self._certified.of(node).signing_key))
        except Refusal as refusal:
            log.warning("report of %s refused: %s", node.name, refusal)
            self._refuse("report", str(refusal.code))
            return None
        if report.node != node.name or report.cluster != self.cluster:
            log.warning("report of %s speaks for %s of %s", node.name, report.node, report.cluster)
            self._refuse("report", str(Code.WRONG_NODE if report.node != node.name else Code.WRONG_CLUSTER))
            return None
        return Known(report.sequence, report.time, _rows(report), frozenset(report.bin), self._clock())

    def _current(self, node: str, read: Known | None) -> Known | None:
        """What counts now: the newest, as long as the queue has one and it is not the same for too long."""
        newest = self._newest.get(node)
        if read is not None and (newest is None or _is_newer(read, newest)):
            if newest is None or newest.rows != read.rows:
                self.holdings.replace(node, read.rows)
            newest = self._newest[node] = read
        if read is None or newest is None or self._clock() - newest.received > STALE_SECONDS:
            return None
        return newest


def _is_newer(known: Known, than: Known) -> bool:
    """Numbers rise over restarts too; a node that lost its count is known by the time that it signs."""
    return known.sequence > than.sequence or known.time > than.time


def _changed(before: Rows, after: Rows) -> set[str]:
    return {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _rows(report: Report) -> Rows:
    return {
        (row.deployment, row.kind, row.name): Row(
            row.epoch,
            row.generation,
            row.item,
            row.state,
            row.restarts,
            row.since,
            row.address or "",
            harmless(row.message or "", LONGEST_MESSAGE),
            row.namespace,
        )
        for row in report.table
    }
