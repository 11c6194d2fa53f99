"""The in-memory queue: both views over one plain value, for tests. It passes the contract tests of the real one."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.broker import (
    DOCUMENT_SECONDS,
    HEARTBEAT_SECONDS,
    LEASE_SECONDS,
    NOTHING,
    Cancelled,
    Claim,
    Event,
    Placement,
    Usage,
)
from jobs.documents import bounded, checked
from jobs.errors import AccessDenied, AlreadyDone, HeldElsewhere, StaleFence, Unavailable
from jobs.keys import DEFAULT_PRIORITY, NodeKeys


@dataclass
class _Record:
    attempt: int
    state: str
    entry: str
    boot: str = ""


class _Entry(NamedTuple):
    uid: str
    attempt: int
    envelope: bytes
    placed: float


@dataclass
class _Queue:
    entries: dict[str, _Entry] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    index: dict[str, _Record] = field(default_factory=dict)
    lease: dict[str, float] = field(default_factory=dict)
    events: dict[str, tuple[str, int, bytes]] = field(default_factory=dict)
    control: list[tuple[str, str, int]] = field(default_factory=list)
    documents: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    heartbeat: tuple[float, bytes] | None = None


class MemoryRedis:
    """What both views share. `down` makes every call raise Unavailable; `flush` loses everything but the users."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.down = False
        self.users: dict[str, str] = {}
        self.changed = threading.Condition()
        self._queues: dict[str, _Queue] = {}
        self._numbers = defaultdict[str, int](int)

    def flush(self) -> None:
        """FLUSHALL."""
        with self.changed:
            self._queues.clear()

    def put(self, node: str, queue: _Queue) -> None:
        """Replaces a node's queue."""
        self._queues[node] = queue

    def require_up(self) -> None:
        """Raises Unavailable while down."""
        if self.down:
            raise Unavailable("Redis does not answer")

    def number(self, stream: str) -> str:
        """The next entry id of a stream."""
        self._numbers[stream] += 1
        return f"{self._numbers[stream]}-0"

    def queue(self, node: str, *, make: bool = False) -> _Queue:
        """A node's queue; Unavailable while down, or when nobody made it since the last flush."""
        name = NodeKeys(node).node
        self.require_up()
        if make:
            return self._queues.setdefault(name, _Queue())
        if name not in self._queues:
            raise Unavailable("NOGROUP")
        return self._queues[name]


class MemoryControllerBroker:
    """`jobs.broker.ControllerBroker` in memory."""

    def __init__(self, redis: MemoryRedis) -> None:
        self._redis = redis

    async def ensure_ready(self, nodes: Iterable[str]) -> None:
        """Makes the queues."""
        self._redis.require_up()
        for node in nodes:
            self._redis.queue(node, make=True)

    async def enqueue(
        self, node: str, uid: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes]
    ) -> Placement:
        """As the function nq1_enqueue."""
        with self._redis.changed:
            queue = self._redis.queue(node, make=True)
            for digest, data in documents.items():
                NodeKeys(node).document(digest)
                queue.documents[digest] = (self._redis.clock() + DOCUMENT_SECONDS, bounded(digest, data))
            old = queue.index.get(uid)
            if old and old.attempt > attempt:
                return Placement.NEWER_THERE
            if old and old.attempt == attempt:
                return Placement.ALREADY_THERE
            if old:
                _forget(queue, old.entry)
                queue.lease.pop(uid, None)
            entry = self._redis.number(f"{node}:q{DEFAULT_PRIORITY}")
            queue.entries[entry] = _Entry(uid, attempt, envelope, self._redis.clock())
            queue.index[uid] = _Record(attempt, "queued", entry)
            self._redis.changed.notify_all()
            return Placement.PLACED

    async def cancel(self, node: str, uid: str, attempt: int) -> Cancelled:
        """As the function nq1_cancel."""
        with self._redis.changed:
            queue = self._redis.queue(node, make=True)
            record = queue.index.get(uid)
            if record is None or record.attempt != attempt or record.state == "done":
                return Cancelled.GONE
            if record.state == "queued":
                _forget(queue, record.entry)
                del queue.index[uid]
                return Cancelled.REMOVED
            queue.control.append((self._redis.number(f"{node}:ctl"), uid, attempt))
            return Cancelled.SIGNALLED

    async def events(self, nodes: Iterable[str], timeout: float, after: Mapping[str, str] = NOTHING) -> list[Event]:
        """Does not wait: tests drive time."""
        return [
            Event(node, entry, *fields)
            for node in nodes
            for entry, fields in self._redis.queue(node, make=True).events.items()
            if _number(entry) > _number(after.get(node, "0"))
        ]

    async def settle(self, events: Iterable[Event]) -> None:
        """As the function nq1_settle."""
        for event in events:
            queue = self._redis.queue(event.node, make=True)
            queue.events.pop(event.entry, None)
            record = queue.index.get(event.uid)
            if record and record.attempt == event.attempt and record.state == "done":
                del queue.index[event.uid]

    async def heartbeats(self, nodes: Iterable[str]) -> dict[str, bytes]:
        """The newest reports, for 30 s."""
        found = {node: self._redis.queue(node, make=True).heartbeat for node in nodes}
        return {node: each[1] for node, each in found.items() if each and each[0] > self._redis.clock()}

    async def known(self, node: str) -> dict[str, int]:
        """What is in flight."""
        return {uid: record.attempt for uid, record in self._redis.queue(node, make=True).index.items()}

    async def expired(self, node: str) -> list[str]:
        """By the clock of the site."""
        leases = self._redis.queue(node, make=True).lease
        return [uid for uid, ends in leases.items() if ends <= self._redis.clock()]

    async def measure(self, node: str) -> Usage:
        """Without overhead; there is one consumer as soon as something is pending."""
        queue = self._redis.queue(node, make=True)
        size = sum(len(payload) for _, _, payload in queue.events.values())
        waiting = [each.placed for entry, each in queue.entries.items() if entry not in queue.pending]
        oldest = self._redis.clock() - min(waiting) if waiting else 0.0
        return Usage(len(queue.events), size, int(bool(queue.pending)), oldest)

    async def clear(self, node: str) -> None:
        """Keeps the documents."""
        with self._redis.changed:
            documents = self._redis.queue(node, make=True).documents
            self._redis.put(node, _Queue(documents=documents))

    async def grant(self, node: str, password: str) -> None:
        """Keeps the password."""
        self._redis.users[NodeKeys(node).node] = password

    async def revoke(self, node: str) -> None:
        """Forgets it."""
        self._redis.users.pop(node, None)

    async def admitted(self) -> set[str]:
        """Who has a password."""
        return set(self._redis.users)

    async def close(self) -> None:
        """Nothing to let go of."""


class MemoryNodeBroker:
    """`jobs.broker.NodeBroker` in memory. With a password it is checked at every call, as after ACL DELUSER."""

    def __init__(self, redis: MemoryRedis, node: str, password: str | None = None) -> None:
        self._redis = redis
        self._node = node
        self._password = password

    def _queue(self) -> _Queue:
        if self._password is not None and self._redis.users.get(self._node) != self._password:
            raise AccessDenied("WRONGPASS")
        return self._redis.queue(self._node)

    def claim(self, timeout: float, pending: bool) -> Claim | None:
        """Pending entries, or the oldest new one within `timeout`."""
        with self._redis.changed:
            found = self._next(pending)
            if found is None and not pending and timeout > 0:
                self._redis.changed.wait(timeout)
                found = self._next(pending)
            return found

    def _next(self, pending: bool) -> Claim | None:
        queue = self._queue()
        for entry, each in queue.entries.items():
            if (entry in queue.pending) == pending:
                queue.pending.add(entry)
                return Claim(entry, DEFAULT_PRIORITY, each.uid, each.attempt, each.envelope)
        return None

    def start(self, claim: Claim, boot: str, takeover: bool) -> None:
        """As the function nq1_start."""
        queue = self._queue()
        record = _current(queue, claim)
        if record.state == "done":
            raise AlreadyDone(claim.uid)
        running = queue.lease.get(claim.uid, 0) > self._redis.clock()
        if record.state == "leased" and record.boot != boot and not takeover and running:
            raise HeldElsewhere(claim.uid)
        record.state, record.boot = "leased", boot
        queue.lease[claim.uid] = self._redis.clock() + LEASE_SECONDS

    def renew(self, boot: str, claims: Iterable[Claim]) -> list[str]:
        """As the function nq1_renew."""
        queue = self._queue()
        stop: list[str] = []
        for claim in claims:
            record = queue.index.get(claim.uid)
            if record and (record.attempt, record.state, record.boot) == (claim.attempt, "leased", boot):
                queue.lease[claim.uid] = self._redis.clock() + LEASE_SECONDS
            else:
                stop.append(claim.uid)
        return stop

    def finish(self, claim: Claim, boot: str, event: bytes) -> None:
        """As the function nq1_finish."""
        with self._redis.changed:
            queue = self._queue()
            record = _current(queue, claim)
            if record.state != "queued" and record.boot != boot:
                raise StaleFence(claim.uid)
            _forget(queue, claim.entry)
            _forget(queue, record.entry)
            queue.lease.pop(claim.uid, None)
            record.state, record.entry = "done", ""
            queue.events[self._redis.number(f"{self._node}:ev")] = (claim.uid, claim.attempt, event)
            self._redis.changed.notify_all()

    def drop(self, claim: Claim) -> None:
        """Forgets the entry."""
        _forget(self._queue(), claim.entry)

    def post_event(self, uid: str, attempt: int, payload: bytes) -> None:
        """Appends."""
        self._queue().events[self._redis.number(f"{self._node}:ev")] = (uid, attempt, payload)

    def put_heartbeat(self, report: bytes) -> None:
        """Keeps it for 30 s."""
        self._queue().heartbeat = (self._redis.clock() + HEARTBEAT_SECONDS, report)

    def control(self, after: str) -> tuple[str, list[str]]:
        """Entries after a position."""
        queue = self._queue()
        found = [each for each in queue.control if _number(each[0]) > _number(after)]
        stop = [uid for _, uid, attempt in found if uid in queue.index and queue.index[uid].attempt == attempt]
        return (found[-1][0] if found else after), stop

    def document(self, digest: str) -> bytes:
        """Checked against its digest."""
        NodeKeys(self._node).document(digest)
        ends, data = self._queue().documents.get(digest, (0.0, b""))
        return checked(digest, data if ends > self._redis.clock() else None)

    def close(self) -> None:
        """Nothing to let go of."""


def _number(entry: str) -> int:
    return int(entry.split("-")[0])


def _current(queue: _Queue, claim: Claim) -> _Record:
    record = queue.index.get(claim.uid)
    if record is None or record.attempt != claim.attempt:
        raise StaleFence(claim.uid)
    return record


def _forget(queue: _Queue, entry: str) -> None:
    queue.entries.pop(entry, None)
    queue.pending.discard(entry)
