"""Brings back what a loss of Redis takes: functions and groups. A mark that only a loss removes tells when to look."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import ResponseError

from jobs.keys import GROUP, MADE, NodeKeys

LIBRARY = Path(__file__).with_name("functions.lua").read_text()
NODES_AT_ONCE = 200
# A Redis that went back in time may have kept the mark and lost a group: now and then all are looked at.
FORGET_SECONDS = 300.0


def make_groups(pipeline: Any, keys: NodeKeys) -> None:
    """Adds the making of a node's groups and their streams to a pipeline."""
    for queue in keys.queues:
        pipeline.xgroup_create(queue, GROUP, id="0", mkstream=True)


class Readiness:
    """Knows which nodes have their groups, as long as the mark in Redis is the one it saw."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._mark: bytes | None = None
        self.forget()

    def forget(self) -> None:
        """Has every node looked at again."""
        # A new set: whoever is just making groups for the old one must not mark them as made in this one.
        self._made: set[str] = set()
        self._since = time.monotonic()

    async def ensure(self, nodes: Iterable[str]) -> None:
        """One round trip when nothing was lost."""
        if time.monotonic() - self._since > FORGET_SECONDS:
            self.forget()
        mark = await self._redis.get(MADE)
        if mark is None or mark != self._mark:
            await self._begin_anew()
        made = self._made
        missing = [node for node in nodes if node not in made]
        for first in range(0, len(missing), NODES_AT_ONCE):
            some = missing[first : first + NODES_AT_ONCE]
            await self._make(some)
            made.update(some)

    async def _begin_anew(self) -> None:
        self.forget()
        await self.load()
        await self._redis.set(MADE, secrets.token_hex(8), nx=True)
        self._mark = await self._redis.get(MADE)

    async def load(self) -> None:
        """Loads the functions."""
        await self._redis.function_load(LIBRARY, replace=True)

    async def _make(self, nodes: Sequence[str]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for node in nodes:
            make_groups(pipeline, NodeKeys(node))
        for answer in await pipeline.execute(raise_on_error=False):
            if isinstance(answer, ResponseError) and not str(answer).startswith("BUSYGROUP"):
                raise answer
