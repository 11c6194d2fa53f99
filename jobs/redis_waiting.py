"""For how long the oldest entry of a node has been waiting that no runner has in hand: it shows a node that is deaf."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobs.keys import GROUP


async def oldest_waiting(redis: Any, queues: Iterable[str]) -> float:
    """Seconds by the clock of Redis, which numbers the entries; 0 when nothing waits."""
    names, looking = tuple(queues), redis.pipeline(transaction=False)
    looking.time()
    for name in names:
        looking.xinfo_groups(name)
    time, *groups = await looking.execute()
    reading = redis.pipeline(transaction=False)
    for name, found in zip(names, groups, strict=True):
        reading.xrange(name, min=b"(" + _delivered(found), count=1)
    waiting = [_milliseconds(entry) for entries in await reading.execute() for entry, _ in entries]
    now = time[0] * 1000 + time[1] // 1000
    return max(0.0, (now - min(waiting)) / 1000) if waiting else 0.0


def _delivered(groups: Iterable[dict[str, Any]]) -> bytes:
    """The entry that runners were given last."""
    found: Iterable[bytes] = (each["last-delivered-id"] for each in groups if each["name"] == GROUP.encode())
    return next(iter(found), b"0-0")


def _milliseconds(entry: bytes) -> int:
    return int(entry.split(b"-")[0])
