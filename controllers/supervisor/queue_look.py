"""Looks now and then whether the queue can be reached, and whether something in it has been waiting for long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from controllers.supervisor.caches import Caches
from controllers.supervisor.figures import Queue
from jobs.broker import ControllerBroker
from jobs.errors import JobsError

LOOK_SECONDS = 15.0


@dataclass(frozen=True)
class QueueLook:
    """Keeps `seen` up to date."""

    broker: ControllerBroker
    caches: Caches
    seen: Queue

    async def follow(self) -> None:
        """Looks for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Looks once. Without any node it is asked all the same."""
        try:
            await self.broker.ensure_ready([])
            found = [await self.broker.measure(each.name) for each in self.caches.known_nodes()]
        except JobsError:
            self.seen.reachable, self.seen.looked = False, True
            return
        self.seen.waiting_seconds = max((each.waiting_seconds for each in found), default=0.0)
        self.seen.unsettled = sum(each.events for each in found)
        self.seen.reachable = self.seen.looked = True
