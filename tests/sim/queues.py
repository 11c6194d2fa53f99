"""Redis as its clients meet it: the fake of `jobs.testing` behind a network that is slow, cut or gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from jobs.broker import NOTHING, Cancelled, Claim, Event, Placement, Usage
from jobs.errors import Unavailable
from jobs.testing import MemoryControllerBroker, MemoryNodeBroker, MemoryRedis
from tests.sim import threads
from tests.sim.process import Process
from tests.sim.weather import Weather, short

TYPICAL_SECONDS = 0.001
T = TypeVar("T")


class Redis(MemoryRedis):
    """The server; whoever waits for a node's events is woken when there is one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._waiting: list[asyncio.Event] = []

    def number(self, stream: str) -> str:
        """The next entry id; that there is one is news to the supervisor."""
        if stream.endswith(":ev"):
            for each in self._waiting:
                each.set()
        return super().number(stream)

    def disturb(self) -> None:
        """Whoever waits for an entry looks again, and meets what has become of the server or of the way to it."""
        self.changed.notify_all()

    def flush(self) -> None:
        """FLUSHALL."""
        super().flush()
        self.disturb()

    def in_flight(self, node: str) -> list[str]:
        """The uids that the queue of a node still knows."""
        return sorted(self.queue(node, make=True).index)

    def sizes(self, node: str) -> tuple[int, int]:
        """Entries and unsettled events of a node."""
        queue = self.queue(node, make=True)
        return len(queue.entries), len(queue.events)

    async def news(self, seconds: float) -> None:
        """Waits for an event of any node, at most so long."""
        happened = asyncio.Event()
        self._waiting.append(happened)
        try:
            async with asyncio.timeout(seconds):
                await happened.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.remove(happened)


class SupervisorQueue:
    """`ControllerBroker` of one process."""

    def __init__(self, redis: Redis, process: Process, weather: Weather) -> None:
        self._redis = redis
        self._inner = MemoryControllerBroker(redis)
        self._process = process
        self._random = weather.source(f"queue/{process.name}")

    async def ensure_ready(self, nodes: Iterable[str]) -> None:
        """See ControllerBroker."""
        await self._pass()
        await self._inner.ensure_ready(nodes)

    async def enqueue(
        self, node: str, uid: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes]
    ) -> Placement:
        """See ControllerBroker."""
        await self._pass(f"enqueue {uid}")
        placed = await self._inner.enqueue(node, uid, attempt, envelope, documents)
        self._process.write(f"enqueue {uid}", "after")
        return placed

    async def cancel(self, node: str, uid: str, attempt: int) -> Cancelled:
        """See ControllerBroker."""
        await self._pass(f"cancel {uid}")
        cancelled = await self._inner.cancel(node, uid, attempt)
        self._process.write(f"cancel {uid}", "after")
        return cancelled

    async def events(self, nodes: Iterable[str], timeout: float, after: Mapping[str, str] = NOTHING) -> list[Event]:
        """See ControllerBroker."""
        names = list(nodes)
        await self._pass()
        if not (found := await self._inner.events(names, 0, after)):
            await self._redis.news(timeout)
            await self._pass()
            found = await self._inner.events(names, 0, after)
        return found

    async def settle(self, events: Iterable[Event]) -> None:
        """See ControllerBroker."""
        settled = list(events)
        await self._pass("settle")
        await self._inner.settle(settled)
        self._process.write("settle", "after")

    async def heartbeats(self, nodes: Iterable[str]) -> dict[str, bytes]:
        """See ControllerBroker."""
        await self._pass()
        return await self._inner.heartbeats(nodes)

    async def known(self, node: str) -> dict[str, int]:
        """See ControllerBroker."""
        await self._pass()
        return await self._inner.known(node)

    async def expired(self, node: str) -> list[str]:
        """See ControllerBroker."""
        await self._pass()
        return await self._inner.expired(node)

    async def measure(self, node: str) -> Usage:
        """See ControllerBroker."""
        await self._pass()
        return await self._inner.measure(node)

    async def clear(self, node: str) -> None:
        """See ControllerBroker."""
        await self._pass("clear")
        await self._inner.clear(node)

    async def grant(self, node: str, password: str) -> None:
        """See ControllerBroker."""
        await self._pass("grant")
        await self._inner.grant(node, password)
        self._process.write("grant", "after")

    async def revoke(self, node: str) -> None:
        """See ControllerBroker."""
        await self._pass("revoke")
        await self._inner.revoke(node)

    async def admitted(self) -> set[str]:
        """See ControllerBroker."""
        await self._pass()
        return await self._inner.admitted()

    async def close(self) -> None:
        """See ControllerBroker."""

    async def _pass(self, write: str = "") -> None:
        self._process.check()
        await asyncio.sleep(short(self._random, TYPICAL_SECONDS))
        if self._redis.down:
            await asyncio.sleep(0.5)
            raise Unavailable("Redis does not answer")
        if write:
            self._process.write(write, "before")
        self._process.check()


class NodeQueue:
    """`NodeBroker` of one process, for simulated threads. `reach` says whether the node's network lets it through."""

    def __init__(
        self, redis: Redis, node: str, password: str, process: Process, weather: Weather, reach: Callable[[], bool]
    ) -> None:
        self._redis = redis
        self._inner = MemoryNodeBroker(redis, node, password)
        self._process = process
        self._reach = reach
        self._random = weather.source(f"queue/{process.name}")

    def claim(self, timeout: float, pending: bool) -> Claim | None:
        """See NodeBroker."""
        return self._do(lambda: self._inner.claim(timeout, pending))

    def start(self, claim: Claim, boot: str, takeover: bool) -> None:
        """See NodeBroker."""
        self._do(lambda: self._inner.start(claim, boot, takeover), "start")

    def renew(self, boot: str, claims: Iterable[Claim]) -> list[str]:
        """See NodeBroker."""
        return self._do(lambda: self._inner.renew(boot, claims))

    def finish(self, claim: Claim, boot: str, event: bytes) -> None:
        """See NodeBroker."""
        self._do(lambda: self._inner.finish(claim, boot, event), "finish")

    def drop(self, claim: Claim) -> None:
        """See NodeBroker."""
        self._do(lambda: self._inner.drop(claim), "drop")

    def post_event(self, uid: str, attempt: int, payload: bytes) -> None:
        """See NodeBroker."""
        self._do(lambda: self._inner.post_event(uid, attempt, payload), "post event")

    def put_heartbeat(self, report: bytes) -> None:
        """See NodeBroker."""
        self._do(lambda: self._inner.put_heartbeat(report))

    def control(self, after: str) -> tuple[str, list[str]]:
        """See NodeBroker."""
        return self._read(lambda: self._inner.control(after))

    def document(self, digest: str) -> bytes:
        """See NodeBroker."""
        return self._read(lambda: self._inner.document(digest))

    def close(self) -> None:
        """See NodeBroker."""

    def _do(self, ask: Callable[[], T], write: str = "") -> T:
        self._meet()
        if write:
            self._process.write(write, "before")
        answer: Any = ask()
        if write:
            self._process.write(write, "after")
        self._meet()
        return answer

    def _read(self, ask: Callable[[], T]) -> T:
        """The answer may be old when it comes; how long the question was on its way makes no difference."""
        try:
            return ask()
        finally:
            self._meet()

    def _meet(self) -> None:
        threads.sleep(short(self._random, TYPICAL_SECONDS))
        self._process.check()
        if self._redis.down or not self._reach():
            threads.sleep(0.5)
            raise Unavailable("Redis does not answer")
