"""The supervisor's view of the in-memory queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobs.broker import DOCUMENT_SECONDS, NOTHING, Cancelled, Event, Placement, Usage
from jobs.documents import bounded
from jobs.keys import DEFAULT_PRIORITY, NodeKeys
from jobs.testing.redis import Entry, MemoryRedis, Queue, Record, forget, number_of


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
                forget(queue, old.entry)
                queue.lease.pop(uid, None)
            entry = self._redis.number(f"{node}:q{DEFAULT_PRIORITY}")
            queue.entries[entry] = Entry(uid, attempt, envelope, self._redis.clock())
            queue.index[uid] = Record(attempt, "queued", entry)
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
                forget(queue, record.entry)
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
            if number_of(entry) > number_of(after.get(node, "0"))
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
            self._redis.put(node, Queue(documents=documents))

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
