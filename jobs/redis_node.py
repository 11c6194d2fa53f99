"""The runner's view of the queue on a real Redis, for threads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.broker import HEARTBEAT_SECONDS, LEASE_SECONDS, Claim, Connection
from jobs.errors import BadDocument, Unavailable
from jobs.keys import CONSUMER, GROUP, PRIORITIES, NodeKeys
from jobs.redis_errors import translated

LEASE_MILLISECONDS = int(LEASE_SECONDS * 1000)


class RedisNodeBroker:
    """`jobs.broker.NodeBroker` over one connection pool."""

    def __init__(self, node: str, connection: Connection) -> None:
        self._keys = NodeKeys(node)
        self._redis: Any = redis.Redis.from_url(
            connection.url,
            username=connection.username,
            password=connection.password,
            ssl_ca_certs=str(connection.authority),
            ssl_certfile=str(connection.certificate),
            ssl_keyfile=str(connection.key),
            ssl_check_hostname=True,
            socket_timeout=10,
            socket_connect_timeout=3,
            retry=Retry(NoBackoff(), 1),
        )

    def claim(self, timeout: float, pending: bool) -> Claim | None:
        """Own pending entries first (`0`), then new ones (`>`); an entry without fields was deleted meanwhile."""
        start = "0" if pending else ">"
        with translated():
            found = self._redis.xreadgroup(
                GROUP,
                CONSUMER,
                dict.fromkeys(self._keys.queues, start),
                count=1,
                block=None if pending else max(1, int(timeout * 1000)),
            )
        for stream, entries in found.items() if isinstance(found, dict) else found or []:
            for entry, fields in _flat(entries):
                return self._claimed(stream, entry, fields)
        return None

    def _claimed(self, stream: bytes, entry: bytes, fields: dict[bytes, bytes]) -> Claim | None:
        priority = self._keys.queues.index(stream.decode())
        claim = Claim(entry.decode(), priority, "", 0, b"")
        if not fields:
            self.drop(claim)
            return None
        return Claim(claim.entry, priority, fields[b"u"].decode(), int(fields[b"a"]), fields[b"j"])

    def start(self, claim: Claim, boot: str, takeover: bool) -> None:
        """Leases the attempt for 30 s."""
        with translated():
            arguments = [claim.uid, claim.attempt, boot, LEASE_MILLISECONDS, int(takeover)]
            self._redis.fcall("nq1_start", 2, self._keys.index, self._keys.lease, *arguments)

    def renew(self, boot: str, claims: Iterable[Claim]) -> list[str]:
        """All leases in one call."""
        pairs = [part for claim in claims for part in (claim.uid, claim.attempt)]
        with translated():
            stop = self._redis.fcall(
                "nq1_renew", 2, self._keys.index, self._keys.lease, boot, LEASE_MILLISECONDS, *pairs
            )
        return [uid.decode() for uid in stop]

    def finish(self, claim: Claim, boot: str, event: bytes) -> None:
        """Event, acknowledgement and lease in one step."""
        keys = self._keys
        with translated():
            arguments = [claim.uid, claim.attempt, boot, claim.entry, event]
            self._redis.fcall(
                "nq1_finish", 4, keys.queue(claim.priority), keys.index, keys.lease, keys.events, *arguments
            )

    def drop(self, claim: Claim) -> None:
        """Acknowledges and deletes the entry."""
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.xack(self._keys.queue(claim.priority), GROUP, claim.entry)
            pipeline.xdel(self._keys.queue(claim.priority), claim.entry)
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
        """Reads on from a position, without waiting."""
        with translated():
            found = self._redis.xread({self._keys.control: after}, count=100)
        entries = [
            each for _, some in (found.items() if isinstance(found, dict) else found or []) for each in _flat(some)
        ]
        position = entries[-1][0].decode() if entries else after
        return position, [fields[b"u"].decode() for _, fields in entries]

    def document(self, digest: str) -> bytes:
        """GET, checked against the digest."""
        with translated():
            data: bytes | None = self._redis.get(self._keys.document(digest))
        if data is None:
            raise BadDocument(f"document {digest} is not in the queue: the supervisor places it again")
        if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
            raise BadDocument(f"document {digest} has other content than its name says")
        return data

    def close(self) -> None:
        """Closes the pool."""
        self._redis.close()


def _flat(entries: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of a stream, however deep the client nests them."""
    if entries and isinstance(entries[0], list) and entries[0] and isinstance(entries[0][0], tuple):
        return [each for some in entries for each in some]
    return list(entries)


__all__ = ["PRIORITIES", "RedisNodeBroker", "Unavailable"]
