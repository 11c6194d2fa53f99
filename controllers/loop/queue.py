"""A coalescing work queue: a key waits at most once, is never worked on twice at a time, and backs off when it fails.

The rules are those of Kubernetes' controller-runtime: they are what makes level-based reconciling safe and cheap.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Backoff:
    """Seconds before a failed key is tried again: doubling from `first` to `longest`, less up to half as jitter."""

    first: float = 0.005
    longest: float = 60.0

    def seconds(self, failures: int, fraction: float) -> float:
        """After that many failures in a row (from 1 on); `fraction` in [0, 1) is the random part."""
        whole = self.longest if failures > 32 else min(self.longest, self.first * 2 ** (failures - 1))
        return whole * (1 - fraction / 2)


class WorkQueue(Generic[K]):
    """Keys for workers: `take`, work, then `done`. Belongs to one event loop; `clock` gives monotonic seconds."""

    def __init__(
        self,
        clock: Callable[[], float] | None = None,
        randomness: random.Random | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._random = randomness or random.Random()
        self._backoff = backoff or Backoff()
        self._ready: deque[K] = deque()
        self._since: dict[K, float] = {}
        self._working: dict[K, bool] = {}
        self._waited: dict[K, float] = {}
        self._due: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = 0
        self._failures: dict[K, int] = {}
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._taken = float("-inf")
        self.closed = False

    def add(self, key: K) -> None:
        """Wants the key to be worked on; while it is being worked on, wants it once more afterwards."""
        if key in self._working:
            self._working[key] = True
        elif key not in self._since:
            self._since[key] = self._clock()
            self._ready.append(key)
            self._wake_one()

    def add_after(self, key: K, seconds: float) -> None:
        """As `add`, later; the earliest time asked for counts, and beginning to work on the key forgets it."""
        due = self._clock() + max(0.0, seconds)
        if due >= self._due.get(key, float("inf")):
            return
        self._due[key] = due
        self._order += 1
        heapq.heappush(self._heap, (due, self._order, key))
        self._set_timer()

    def fail(self, key: K) -> float:
        """Wants the key again after its back-off; returns the seconds."""
        self._failures[key] = self._failures.get(key, 0) + 1
        seconds = self._backoff.seconds(self._failures[key], self._random.random())
        self.add_after(key, seconds)
        return seconds

    def succeed(self, key: K) -> None:
        """Forgets the key's failures."""
        self._failures.pop(key, None)

    async def take(self) -> K | None:
        """The key that waited longest; None when the queue is closed. Give it back with `done`."""
        while not self.closed:
            self.ripen()
            if self._ready:
                return self._begin(self._ready.popleft())
            await self._wait()
        return None

    def done(self, key: K) -> None:
        """The worker let go of the key; it waits again if it was wanted meanwhile."""
        self._waited.pop(key, None)
        if self._working.pop(key):
            self.add(key)

    def waited(self, key: K) -> float:
        """For how many seconds the key that was taken had been ready before."""
        return self._waited.get(key, 0.0)

    def ripen(self) -> None:
        """Moves every delayed key whose time has come to the ready ones."""
        now = self._clock()
        while self._heap and self._heap[0][0] <= now:
            due, _, key = heapq.heappop(self._heap)
            if self._due.get(key) == due:
                del self._due[key]
                self.add(key)
        self._set_timer()

    def close(self) -> None:
        """Hands out no more keys and lets every waiting worker go."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        while self._waiters:
            self._wake_one()

    @property
    def oldest_seconds(self) -> float:
        """For how long the first ready key has been waiting."""
        return self._clock() - self._since[self._ready[0]] if self._ready else 0.0

    @property
    def stalled_seconds(self) -> float:
        """For how long a key has been ready and none was taken: a long queue that moves is not stalled."""
        return self._clock() - max(self._since[self._ready[0]], self._taken) if self._ready else 0.0

    @property
    def delayed(self) -> int:
        """How many keys wait for their time."""
        return len(self._due)

    def __len__(self) -> int:
        return len(self._ready)

    def _begin(self, key: K) -> K:
        self._taken = self._clock()
        self._waited[key] = self._taken - self._since.pop(key)
        self._due.pop(key, None)
        self._working[key] = False
        self._compact()
        return key

    def _compact(self) -> None:
        """Forgotten delays stay in the heap until their time; without this, busy keys would pile them up."""
        if len(self._heap) > 2 * len(self._due) + 64:
            self._heap = [entry for entry in self._heap if self._due.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap and not self.closed and self._waiters:
            delay = max(0.0, self._heap[0][0] - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay, self._wake_one)

    def _wake_one(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    async def _wait(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._set_timer()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake_one()
            raise
