"""Takes out of the queues what nobody waits for: a Redis that went back in time brings back jobs that are long over."""

from __future__ import annotations

import asyncio
import logging

from controllers.loop.conditions import condition
from controllers.supervisor.caches import Caches
from controllers.supervisor.orders import ABSENT
from jobs.about import about
from jobs.broker import ControllerBroker
from jobs.errors import JobsError

log = logging.getLogger(__name__)
SWEEP_SECONDS = 60.0


class Sweeper:
    """Cancels strangers; a node's queue in which one is still there a sweep later is made anew, for no harm comes of
    that: what is open is placed again, and the node's journal answers what it ran."""

    def __init__(self, broker: ControllerBroker, caches: Caches) -> None:
        self._broker, self._caches = broker, caches
        self._cancelled: dict[str, set[str]] = {}

    async def follow(self) -> None:
        """Sweeps for ever."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                for node in self._caches.nodes.all():
                    with about(node=node.name):
                        await self.sweep(node.name)
            except JobsError as error:
                log.info("the queue is away: %s", error)

    async def sweep(self, node: str) -> None:
        """Sweeps one node's queue."""
        known = await self._broker.known(node)
        strangers = {uid: attempt for uid, attempt in known.items() if not self._is_wanted(uid)}
        if strangers.keys() & self._cancelled.pop(node, set()):
            log.warning("the queue of %s holds what nobody waits for: making it anew", node)
            await self._broker.clear(node)
            return
        for uid, attempt in strangers.items():
            await self._broker.cancel(node, uid, attempt)
        if strangers:
            self._cancelled[node] = set(strangers)

    def _is_wanted(self, uid: str) -> bool:
        """Whether it is an open job or a removal under way."""
        if uid.endswith(ABSENT):
            own, caches = uid.removesuffix(ABSENT), (self._caches.machines, self._caches.volumes)
            return any(each.deletion_timestamp is not None for cache in caches for each in cache.by("uid", own))
        ended = [condition(job.status, "Succeeded") for job in self._caches.jobs.by("uid", uid)]
        return any(each is None or each["status"] == "Unknown" for each in ended)
