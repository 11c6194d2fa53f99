"""Shuts the queue to nodes that count no longer: revoked, no longer vouched for, in conflict, or deleted.

Taking the user away cuts connections that are open; what a node of that name may do next, credentials decide anew.
"""

from __future__ import annotations

import asyncio
import logging

from controllers.certified import shut_out
from controllers.supervisor.caches import Caches
from jobs.broker import ControllerBroker
from jobs.errors import JobsError

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0


class Doors:
    """Remembers who is in and who was shut out, so that each is shut out once.

    Who is in is asked at first: a node may have been deleted while nobody led.
    """

    def __init__(self, broker: ControllerBroker, caches: Caches) -> None:
        self._broker, self._caches = broker, caches
        self._known: set[str] | None = None
        self._shut: set[str] = set()

    async def follow(self) -> None:
        """Looks for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except JobsError as error:
                log.info("the queue is away: %s", error)

    async def look(self) -> None:
        """Shuts out who is to be. Raises JobsError; who is left is shut out at the next look."""
        known = await self._broker.admitted() if self._known is None else self._known
        there = {each.name: each for each in self._caches.nodes.all() if each.spec.get("certificate")}
        wanted = {name: why for name, each in there.items() if (why := shut_out(each, self._caches.certified))}
        gone = dict.fromkeys(known - there.keys(), "it is gone")
        self._shut &= wanted.keys()
        for name, why in {**gone, **wanted}.items():
            if name not in self._shut:
                await self._broker.revoke(name)
                log.warning("the queue is shut to %s: %s", name, why, extra={"node": name})
                self._shut.add(name)
        self._known = set(there)
        self._shut &= wanted.keys()
