"""A runner's view of the in-memory queue."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.broker import HEARTBEAT_SECONDS, LEASE_SECONDS, Claim
from jobs.documents import checked
from jobs.errors import AccessDenied, AlreadyDone, HeldElsewhere, StaleFence
from jobs.keys import DEFAULT_PRIORITY, NodeKeys
from jobs.testing.redis import MemoryRedis, Queue, Record, forget, number_of


class MemoryNodeBroker:
    """`jobs.broker.NodeBroker` in memory. With a password it is checked at every call, as after ACL DELUSER."""

    def __init__(self, redis: MemoryRedis, node: str, password: str | None = None) -> None:
        self._redis = redis
        self._node = node
        self._password = password

    def _queue(self) -> Queue:
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
            forget(queue, claim.entry)
            forget(queue, record.entry)
            queue.lease.pop(claim.uid, None)
            record.state, record.entry = "done", ""
            queue.events[self._redis.number(f"{self._node}:ev")] = (claim.uid, claim.attempt, event)
            self._redis.changed.notify_all()

    def drop(self, claim: Claim) -> None:
        """Forgets the entry."""
        forget(self._queue(), claim.entry)

    def post_event(self, uid: str, attempt: int, payload: bytes) -> None:
        """Appends."""
        self._queue().events[self._redis.number(f"{self._node}:ev")] = (uid, attempt, payload)

    def put_heartbeat(self, report: bytes) -> None:
        """Keeps it for 30 s."""
        self._queue().heartbeat = (self._redis.clock() + HEARTBEAT_SECONDS, report)

    def control(self, after: str) -> tuple[str, list[str]]:
        """Entries after a position."""
        queue = self._queue()
        found = [each for each in queue.control if number_of(each[0]) > number_of(after)]
        stop = [uid for _, uid, attempt in found if uid in queue.index and queue.index[uid].attempt == attempt]
        return (found[-1][0] if found else after), stop

    def document(self, digest: str) -> bytes:
        """Checked against its digest."""
        NodeKeys(self._node).document(digest)
        ends, data = self._queue().documents.get(digest, (0.0, b""))
        return checked(digest, data if ends > self._redis.clock() else None)

    def close(self) -> None:
        """Nothing to let go of."""


def _current(queue: Queue, claim: Claim) -> Record:
    record = queue.index.get(claim.uid)
    if record is None or record.attempt != claim.attempt:
        raise StaleFence(claim.uid)
    return record
