"""The supervisor's view of the queue on a real Redis, for asyncio."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from redis.exceptions import ResponseError

from jobs.access import node_rule, password_hash
from jobs.broker import DOCUMENT_SECONDS, NOTHING, Cancelled, Connection, Event, Placement, Usage
from jobs.documents import bounded
from jobs.keys import DEFAULT_PRIORITY, GROUP, NodeKeys, is_node
from jobs.redis_connection import block_milliseconds, controller_client
from jobs.redis_errors import translated
from jobs.redis_ready import Readiness, make_groups
from jobs.redis_waiting import oldest_waiting
from jobs.redis_wire import attempts, event_of, streams_of

log = logging.getLogger(__name__)
EVENTS_AT_ONCE = 200
HEARTBEATS_AT_ONCE = 100
_PLACEMENTS = {1: Placement.PLACED, 0: Placement.ALREADY_THERE, -1: Placement.NEWER_THERE}


class RedisControllerBroker:
    """`jobs.broker.ControllerBroker` over one connection pool."""

    def __init__(self, connection: Connection, client: Callable[[Connection], Any] = controller_client) -> None:
        self._redis = client(connection)
        self._readiness = Readiness(self._redis)

    async def ensure_ready(self, nodes: Iterable[str]) -> None:
        """Loads the functions and makes groups where they are missing."""
        with translated():
            await self._readiness.ensure(nodes)

    def forget_ready(self) -> None:
        """Has the next `ensure_ready` look at every node again."""
        self._readiness.forget()

    async def enqueue(
        self, node: str, uid: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes]
    ) -> Placement:
        """Documents first, then the entry: the function makes the groups too when Redis lost them."""
        keys = NodeKeys(node)
        arguments = [uid, attempt, DEFAULT_PRIORITY, envelope]
        with translated():
            await self._place({keys.document(digest): bounded(digest, data) for digest, data in documents.items()})
            placed = await self._call("nq1_enqueue", [*keys.queues, keys.index, keys.lease], arguments)
        return _PLACEMENTS[placed[0]]

    async def _place(self, documents: Mapping[str, bytes]) -> None:
        """Sends only what is missing: the same documents come with every placement of every open job."""
        if not documents:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for key in documents:
            pipeline.expire(key, DOCUMENT_SECONDS)
        there = await pipeline.execute()
        for (key, data), found in zip(documents.items(), there, strict=True):
            if not found:
                pipeline.set(key, data, ex=DOCUMENT_SECONDS)
        await pipeline.execute()

    async def _call(self, function: str, keys: list[str], arguments: list[Any]) -> Any:
        try:
            return await self._redis.fcall(function, len(keys), *keys, *arguments)
        except ResponseError as error:
            if "unction not found" not in str(error):
                raise
        await self._readiness.load()
        return await self._redis.fcall(function, len(keys), *keys, *arguments)

    async def cancel(self, node: str, uid: str, attempt: int) -> Cancelled:
        """Removes the entry, or signals the runner that has it."""
        keys = NodeKeys(node)
        with translated():
            touched = [*keys.queues, keys.index, keys.lease, keys.control]
            return Cancelled[(await self._call("nq1_cancel", touched, [uid, attempt])).decode()]

    async def events(self, nodes: Iterable[str], timeout: float, after: Mapping[str, str] = NOTHING) -> list[Event]:
        """Unsettled events of these nodes, oldest first on each node."""
        by_stream = {NodeKeys(node).events.encode(): node for node in nodes}
        if not by_stream:
            return []
        with translated():
            await self._readiness.ensure(by_stream.values())
            positions = {stream: after.get(node, "0") for stream, node in by_stream.items()}
            found = await self._redis.xread(positions, count=EVENTS_AT_ONCE, block=block_milliseconds(timeout))
            return [
                event
                for stream, entries in streams_of(found)
                for event in await self._readable(by_stream[stream], entries)
            ]

    async def _readable(self, node: str, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> list[Event]:
        """Its events; what has another form is deleted, so that one node cannot stop the reading of all."""
        read = {entry: event_of(node, entry, fields) for entry, fields in entries}
        broken = [entry for entry, event in read.items() if event is None]
        if broken:
            words = "%d events of %s have no known form and are deleted"
            log.warning(words, len(broken), node, extra={"node": node})
            await self._redis.xdel(NodeKeys(node).events, *broken)
        return [event for event in read.values() if event is not None]

    async def settle(self, events: Iterable[Event]) -> None:
        """Deletes the events and what is in flight of ended attempts."""
        by_node: dict[str, list[Event]] = {}
        for event in events:
            by_node.setdefault(event.node, []).append(event)
        with translated():
            for node, settled in by_node.items():
                keys = NodeKeys(node)
                triples = [part for event in settled for part in (event.entry, event.uid, event.attempt)]
                await self._call("nq1_settle", [keys.index, keys.events], triples)

    async def heartbeats(self, nodes: Iterable[str]) -> dict[str, bytes]:
        """As many at a time as bound what an answer holds in memory."""
        names, found = list(nodes), dict[str, bytes]()
        for first in range(0, len(names), HEARTBEATS_AT_ONCE):
            some = names[first : first + HEARTBEATS_AT_ONCE]
            with translated():
                reports = await self._redis.mget([NodeKeys(node).heartbeat for node in some])
            found |= {node: report for node, report in zip(some, reports, strict=True) if report is not None}
        return found

    async def known(self, node: str) -> dict[str, int]:
        """What is in flight."""
        with translated():
            return attempts(await self._redis.hgetall(NodeKeys(node).index))

    async def expired(self, node: str) -> list[str]:
        """By the clock of Redis, the only one that counts for leases."""
        with translated():
            seconds, microseconds = await self._redis.time()
            now = seconds * 1000 + microseconds // 1000
            over = await self._redis.zrangebyscore(NodeKeys(node).lease, "-inf", now)
        return [uid.decode(errors="replace") for uid in over]

    async def measure(self, node: str) -> Usage:
        """Exact bytes; a stream that is not there takes none."""
        keys = NodeKeys(node)
        with translated():
            await self._readiness.ensure([node])
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.xlen(keys.events)
            pipeline.memory_usage(keys.events, samples=0)
            for queue in keys.queues:
                pipeline.xinfo_consumers(queue, GROUP)
            events, size, *consumers = await pipeline.execute()
            waiting = await oldest_waiting(self._redis, keys.queues)
        return Usage(events, size or 0, max(map(len, consumers)), waiting)

    async def clear(self, node: str) -> None:
        """Everything but the documents, which expire, and new groups at once."""
        keys = NodeKeys(node)
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.unlink(*keys.queues, keys.index, keys.lease, keys.events, keys.control, keys.heartbeat)
            make_groups(pipeline, keys)
            await pipeline.execute()

    async def grant(self, node: str, password: str) -> None:
        """ACL SETUSER with the whole rule; it would leave open connections of the old password as they are."""
        rule = node_rule(node, password_hash(password))
        with translated():
            await self._redis.execute_command("ACL SETUSER", node, *rule)
            await self._redis.execute_command("CLIENT KILL", "USER", node)

    async def revoke(self, node: str) -> None:
        """ACL DELUSER cuts open connections, which `off` does not."""
        with translated():
            await self._redis.execute_command("ACL DELUSER", NodeKeys(node).node)

    async def admitted(self) -> set[str]:
        """ACL USERS, without those that are of no node."""
        with translated():
            names: list[str] = await self._redis.execute_command("ACL USERS")
        return set(filter(is_node, names))

    async def close(self) -> None:
        """Closes the pool."""
        await self._redis.aclose()
