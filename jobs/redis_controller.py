"""The supervisor's view of the queue on a real Redis, for asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from redis import asyncio as redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from jobs.access import node_rule, password_hash
from jobs.broker import (
    DOCUMENT_SECONDS,
    LARGEST_DOCUMENT,
    Cancelled,
    Connection,
    Event,
    Placement,
)
from jobs.errors import BadDocument, Unavailable
from jobs.keys import DEFAULT_PRIORITY, GROUP, NodeKeys
from jobs.redis_errors import translated

LIBRARY = Path(__file__).with_name("functions.lua").read_text()
EVENTS_AT_ONCE = 200
_PLACEMENTS = {1: Placement.PLACED, 0: Placement.ALREADY_THERE, -1: Placement.NEWER_THERE}


class RedisControllerBroker:
    """`jobs.broker.ControllerBroker` over one connection pool."""

    def __init__(self, connection: Connection) -> None:
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
        self._ready: set[str] = set()

    async def ensure_ready(self, nodes: Iterable[str]) -> None:
        """Loads the functions and makes missing groups; remembers what it made until something is found missing."""
        with translated():
            if not self._ready:
                await self._redis.function_load(LIBRARY, replace=True)
            for node in nodes:
                if node not in self._ready:
                    await self._make_groups(NodeKeys(node))
                    self._ready.add(node)

    async def _make_groups(self, keys: NodeKeys) -> None:
        for queue in keys.queues:
            try:
                await self._redis.xgroup_create(queue, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    def forget_ready(self) -> None:
        """Has the next `ensure_ready` look again: after an error, and at every full pass."""
        self._ready.clear()

    async def enqueue(
        self, node: str, uid: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes]
    ) -> Placement:
        """Documents and entry in one round trip; the groups are made again when Redis lost them."""
        keys = NodeKeys(node)
        await self.ensure_ready([node])
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for digest, data in documents.items():
                pipeline.set(keys.document(digest), _bounded(digest, data), ex=DOCUMENT_SECONDS)
            arguments = [uid, attempt, DEFAULT_PRIORITY, envelope]
            pipeline.fcall("nq1_enqueue", 5, *keys.queues, keys.index, keys.lease, *arguments)
            pipeline.exists(keys.queue(DEFAULT_PRIORITY))
            try:
                *_, placed, _ = await pipeline.execute()
            except ResponseError:
                self.forget_ready()
                raise
        return _PLACEMENTS[placed[0]]

    async def cancel(self, node: str, uid: str, attempt: int) -> Cancelled:
        """Removes the entry, or signals the runner that has it."""
        keys = NodeKeys(node)
        with translated():
            arguments = [*keys.queues, keys.index, keys.lease, keys.control, uid, attempt]
            return Cancelled[(await self._redis.fcall("nq1_cancel", 6, *arguments)).decode()]

    async def events(self, nodes: Iterable[str], timeout: float) -> list[Event]:
        """Unsettled events of these nodes, oldest first on each node."""
        streams = {NodeKeys(node).events: node for node in nodes}
        if not streams:
            return []
        with translated():
            found = await self._redis.xread(
                dict.fromkeys(streams, "0"), count=EVENTS_AT_ONCE, block=max(1, int(timeout * 1000))
            )
        return [
            Event(streams[stream.decode()], entry.decode(), fields[b"u"].decode(), int(fields[b"a"]), fields[b"e"])
            for stream, entries in (found.items() if isinstance(found, dict) else found or [])
            for entry, fields in entries
        ]

    async def settle(self, events: Iterable[Event]) -> None:
        """Deletes the events and what is in flight of ended attempts."""
        by_node: dict[str, list[Event]] = {}
        for event in events:
            by_node.setdefault(event.node, []).append(event)
        with translated():
            for node, settled in by_node.items():
                keys = NodeKeys(node)
                triples = [part for event in settled for part in (event.entry, event.uid, event.attempt)]
                await self._redis.fcall("nq1_settle", 2, keys.index, keys.events, *triples)

    async def heartbeat(self, node: str) -> bytes | None:
        """The newest report."""
        with translated():
            found: bytes | None = await self._redis.get(NodeKeys(node).heartbeat)
        return found

    async def known(self, node: str) -> dict[str, int]:
        """What is in flight."""
        with translated():
            found = await self._redis.hgetall(NodeKeys(node).index)
        return {uid.decode(): int(record.split(b"|", 1)[0]) for uid, record in found.items()}

    async def grant(self, node: str, password: str) -> None:
        """ACL SETUSER with the whole rule."""
        with translated():
            await self._redis.execute_command("ACL SETUSER", node, *node_rule(node, password_hash(password)))

    async def revoke(self, node: str) -> None:
        """ACL DELUSER cuts open connections, which `off` does not."""
        with translated():
            await self._redis.execute_command("ACL DELUSER", NodeKeys(node).node)

    async def close(self) -> None:
        """Closes the pool."""
        await self._redis.aclose()


def _bounded(digest: str, data: bytes) -> bytes:
    if len(data) > LARGEST_DOCUMENT:
        raise BadDocument(f"document {digest} has {len(data)} bytes, at most {LARGEST_DOCUMENT} are allowed")
    return data


__all__ = ["RedisControllerBroker", "Unavailable"]
