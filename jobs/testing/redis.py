"""What both views of the in-memory queue share: each node's queue as plain values."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.errors import Unavailable
from jobs.keys import NodeKeys


@dataclass
class Record:
    """What is in flight under a uid."""

    attempt: int
    state: str
    entry: str
    boot: str = ""


class Entry(NamedTuple):
    """An order that waits or is in hand; `placed` is of the site's clock."""

    uid: str
    attempt: int
    envelope: bytes
    placed: float


@dataclass
class Queue:
    """All of one node."""

    entries: dict[str, Entry] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    index: dict[str, Record] = field(default_factory=dict)
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
        self._queues: dict[str, Queue] = {}
        self._numbers = defaultdict[str, int](int)

    def flush(self) -> None:
        """FLUSHALL."""
        with self.changed:
            self._queues.clear()

    def put(self, node: str, queue: Queue) -> None:
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

    def queue(self, node: str, *, make: bool = False) -> Queue:
        """A node's queue; Unavailable while down, or when nobody made it since the last flush."""
        name = NodeKeys(node).node
        self.require_up()
        if make:
            return self._queues.setdefault(name, Queue())
        if name not in self._queues:
            raise Unavailable("NOGROUP")
        return self._queues[name]


def number_of(entry: str) -> int:
    """The place of an entry in its stream."""
    return int(entry.split("-")[0])


def forget(queue: Queue, entry: str) -> None:
    """Takes an entry off a queue."""
    queue.entries.pop(entry, None)
    queue.pending.discard(entry)
