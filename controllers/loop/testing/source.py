"""The fake of the watches: events of a `MemoryKube`, with gaps in which events are lost as they are after an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from controllers.loop.informer import Deliver, WatchEvent
from controllers.loop.objects import Resource
from controllers.loop.testing.memory import MemoryKube


class MemorySource:
    """The fake of `WatchSource`; while `deaf`, events are lost, and hearing again repeats what is there."""

    def __init__(self, kube: MemoryKube) -> None:
        self._kube = kube
        self._resources: Collection[Resource] = ()
        self._deliver: Deliver | None = None
        self.deaf = False

    async def run(self, resources: Collection[Resource], deliver: Deliver, stop: asyncio.Event) -> None:
        """See WatchSource."""
        self._resources, self._deliver = resources, deliver
        end = self._kube.listen(self._hear)
        self._repeat()
        try:
            await stop.wait()
        finally:
            end()

    def hear_again(self) -> None:
        """Ends deafness the way a restarted watch does: what is there is told, what has gone is not."""
        self.deaf = False
        self._repeat()

    def _hear(self, event: WatchEvent) -> None:
        if self._deliver is not None and not self.deaf and event.object.resource in self._resources:
            self._deliver(event)

    def _repeat(self) -> None:
        for resource in self._resources:
            for each in self._kube.objects(resource):
                self._hear(WatchEvent("LISTED", each))
