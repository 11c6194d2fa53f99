"""The runner's view of the queue on a real Redis, for threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from jobs.broker import HEARTBEAT_SECONDS, LEASE_SECONDS, Claim, Connection
from jobs.documents import checked
from jobs.keys import CONSUMER, GROUP, NodeKeys
from jobs.redis_connection import block_milliseconds, node_client
from jobs.redis_errors import translated
from jobs.redis_wire import attempt_of, claim_of, streams_of

LEASE_MILLISECONDS = int(LEASE_SECONDS * 1000)
CONTROL_AT_ONCE = 100
# One round trip for so many entries of a full queue. Those that wait here are not leased: a cancellation still takes
# them off the queue, and then `start` refuses them.
CLAIMS_AT_ONCE = 16


class RedisNodeBroker:
    """`jobs.broker.NodeBroker` over one connection pool."""

    def __init__(self, node: str, connection: Connection, client: Callable[[Connection], Any] = node_client) -> None:
        self._keys = NodeKeys(node)
        self._redis = client(connection)
        self._delivered: deque[Claim] = deque()

    def claim(self, timeout: float, pending: bool) -> Claim | None:
        """Own pending entries (`0`) or new ones (`>`), of which one read may bring several: the rest is kept."""
        if pending:
            self._delivered.clear()
        if not self._delivered:
            self._delivered.extend(self._read_pending() if pending else self._read(">", block_milliseconds(timeout)))
        return self._delivered.popleft() if self._delivered else None

    def _read_pending(self) -> list[Claim]:
        """Only the first: the next call looks again, after this one was acknowledged."""
        while True:
            with translated():
                entries = self._entries("0", 1, None)
            claims = self._readable(entries)
            if claims or not entries:
                return claims[:1]

    def _read(self, start: str, block: int | None) -> list[Claim]:
        with translated():
            return self._readable(self._entries(start, CLAIMS_AT_ONCE, block))

    def _entries(self, start: str, count: int, block: int | None) -> list[tuple[int, bytes, dict[bytes, bytes]]]:
        streams = dict.fromkeys(self._keys.queues, start)
        found = streams_of(self._redis.xreadgroup(GROUP, CONSUMER, streams, count=count, block=block))
        priorities = {queue.encode(): priority for priority, queue in enumerate(self._keys.queues)}
        entries = [(priorities[stream], entry, fields) for stream, some in found for entry, fields in some]
        return sorted(entries, key=lambda each: each[0])

    def _readable(self, entries: list[tuple[int, bytes, dict[bytes, bytes]]]) -> list[Claim]:
        claims: list[Claim] = []
        for priority, entry, fields in entries:
            claim = claim_of(entry, priority, fields)
            if claim is None:
                self._drop(priority, entry.decode())
            else:
                claims.append(claim)
        return claims

    def start(self, claim: Claim, boot: str, takeover: bool) -> None:
        """Leases the attempt for 30 s."""
        arguments = [claim.uid, claim.attempt, boot, LEASE_MILLISECONDS, int(takeover)]
        self._call("nq1_start", [self._keys.index, self._keys.lease], arguments)

    def renew(self, boot: str, claims: Iterable[Claim]) -> list[str]:
        """All leases in one call."""
        pairs = [part for claim in claims for part in (claim.uid, claim.attempt)]
        arguments = [boot, LEASE_MILLISECONDS, *pairs]
        return [uid.decode() for uid in self._call("nq1_renew", [self._keys.index, self._keys.lease], arguments)]

    def finish(self, claim: Claim, boot: str, event: bytes) -> None:
        """Event, acknowledgement and lease in one step."""
        keys = self._keys
        touched = [keys.queue(claim.priority), keys.index, keys.lease, keys.events]
        self._call("nq1_finish", touched, [claim.uid, claim.attempt, boot, claim.entry, event])

    def _call(self, function: str, keys: list[str], arguments: list[Any]) -> Any:
        with translated():
            return self._redis.fcall(function, len(keys), *keys, *arguments)

    def drop(self, claim: Claim) -> None:
        """Acknowledges and deletes the entry."""
        with translated():
            self._drop(claim.priority, claim.entry)

    def _drop(self, priority: int, entry: str) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xack(self._keys.queue(priority), GROUP, entry)
        pipeline.xdel(self._keys.queue(priority), entry)
        pipeline.execute()

    def post_event(self, uid: str, attempt: int, payload: bytes) -> None:
        """Appends to the node's events."""
        with translated():
            self._redis.xadd(self._keys.events, {"u": uid, "a": attempt, "e": payload})

    def put_heartbeat(self, report: bytes) -> None:
        """SET with an expiry of 30 s."""
        with translated():
            self._redis.set(self._keys.heartbeat, report, px=HEARTBEAT_SECONDS * 1000)

    def control(self, after: str) -> tuple[str, list[str]]:
        """Reads on from a position, without waiting; a reader that begins anew must not stop a later attempt."""
        with translated():
            found = streams_of(self._redis.xread({self._keys.control: after}, count=CONTROL_AT_ONCE))
            entries = [each for _, some in found for each in some]
            stops = [fields[b"u"] for _, fields in entries if self._is_present(fields)]
        position = entries[-1][0].decode() if entries else after
        return position, [uid.decode() for uid in stops]

    def _is_present(self, fields: dict[bytes, bytes]) -> bool:
        present = attempt_of(self._redis.hget(self._keys.index, fields.get(b"u", b"")))
        return present is not None and present == attempt_of(fields.get(b"a"))

    def document(self, digest: str) -> bytes:
        """GET, checked against the digest."""
        key = self._keys.document(digest)
        with translated():
            return checked(digest, self._redis.get(key))

    def close(self) -> None:
        """Closes what is idle; what another thread waits on closes when that is over.

        Closed under it, the number of its socket could be another file's already, which TLS would then go on with.
        """
        self._redis.connection_pool.disconnect(inuse_connections=False)
