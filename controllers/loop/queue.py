"""A coalescing work queue: a key waits at most once, is never worked on twice at a time, and backs off on failure."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_BACKOFF = 0.005
LONGEST_BACKOFF = 60.0


@dataclass(order=True)
class _Delayed:
    due: float
    key: str = field(compare=False)


class WorkQueue:
    """Keys for workers. `clock` is monotonic seconds; jitter comes from `randomness`."""

    def __init__(self, clock: Callable[[], float] | None = None, randomness: random.Random | None = None) -> None:
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._random = randomness or random.Random()
        self._ready: dict[str, float] = {}
        self._working: set[str] = set()
        self._dirty: set[str] = set()
        self._delayed: list[_Delayed] = []
        self._failures: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def add(self, key: str) -> None:
        """Wants the key to be worked on; once is enough however often it is asked."""
        if key in self._working:
            self._dirty.add(key)
        elif key not in self._ready:
            self._ready[key] = self._clock()
        self._changed.set()

    def add_after(self, key: str, seconds: float) -> None:
        """As `add`, later."""
        heapq.heappush(self._delayed, _Delayed(self._clock() + seconds, key))
        self._changed.set()

    def failed(self, key: str) -> float:
        """Wants the key again after its back-off; returns the seconds."""
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        seconds = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0**count) * self._random.uniform(0.5, 1.0)
        self.add_after(key, seconds)
        return seconds

    def succeeded(self, key: str) -> None:
        """Forgets the key's failures."""
        self._failures.pop(key, None)

    async def take(self) -> str | None:
        """The next key; None when the queue is closed. Give it back with `done`."""
        while not self._closed:
            self._ripen()
            if self._ready:
                key = next(iter(self._ready))
                del self._ready[key]
                self._working.add(key)
                return key
            self._changed.clear()
            await self._wait()
        return None

    def done(self, key: str) -> None:
        """The worker let go of the key; it waits again if it was asked for meanwhile."""
        self._working.discard(key)
        if key in self._dirty:
            self._dirty.discard(key)
            self.add(key)

    def close(self) -> None:
        """No key is handed out any more."""
        self._closed = True
        self._changed.set()

    @property
    def oldest_seconds(self) -> float:
        """How long the longest waiting key has been ready."""
        return self._clock() - min(self._ready.values()) if self._ready else 0.0

    def __len__(self) -> int:
        return len(self._ready)

    def _ripen(self) -> None:
        now = self._clock()
        while self._delayed and self._delayed[0].due <= now:
            self.add(heapq.heappop(self._delayed).key)

    async def _wait(self) -> None:
        timeout = max(0.0, self._delayed[0].due - self._clock()) if self._delayed else None
        try:
            await asyncio.wait_for(self._changed.wait(), timeout)
        except TimeoutError:
            return
