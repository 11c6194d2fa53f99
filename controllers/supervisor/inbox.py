"""What nodes said of jobs, waiting to be taken in by the reconcile of the deployment that it concerns."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable

from controllers.loop.objects import ObjectKey
from controllers.supervisor.caches import Caches, deployment_key
from controllers.supervisor.orders import ABSENT
from controllers.supervisor.reports import Reports
from jobs.broker import REPORT_UID, ControllerBroker, Event
from jobs.errors import JobsError

log = logging.getLogger(__name__)
EVENT_SECONDS = 1.0
REPORT_SECONDS = 5.0
PAUSE_SECONDS = 0.5


class Inbox:
    """Follows the events of all nodes. An event is settled only after its deployment has taken it in."""

    def __init__(
        self, broker: ControllerBroker, caches: Caches, reports: Reports, wake: Callable[[ObjectKey], None]
    ) -> None:
        self._broker, self._caches, self._reports, self._wake = broker, caches, reports, wake
        self._waiting: dict[ObjectKey, dict[tuple[str, str], Event]] = defaultdict(dict)

    def take(self, key: ObjectKey) -> list[Event]:
        """The events that concern a deployment; they come again until they are settled."""
        return list(self._waiting.pop(key, {}).values())

    async def follow(self) -> None:
        """Reads events and reports for ever; a queue that is away is waited for."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            try:
                await self._events()
                if loop.time() >= due:
                    await self._look(self._nodes())
                    due = loop.time() + REPORT_SECONDS
            except JobsError as error:
                log.warning("the queue is away: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)

    def _nodes(self) -> list[str]:
        return [each.name for each in self._caches.nodes.all()]

    async def _events(self) -> None:
        names = self._nodes()
        if not names:
            await asyncio.sleep(PAUSE_SECONDS)
            return
        events = await self._broker.events(names, EVENT_SECONDS)
        fresh = [event for event in events if not self._is_waiting(event)]
        # A receipt comes after the report that shows its effect, so the report is looked at first.
        await self._look(sorted({event.node for event in fresh}))
        unclaimed = [event for event in fresh if not self._put(event)]
        if unclaimed:
            await self._broker.settle(unclaimed)
        if events and not fresh:
            await asyncio.sleep(0.05)

    async def _look(self, names: list[str]) -> None:
        nodes = [each for each in self._caches.nodes.all() if each.name in set(names)]
        for uid in await self._reports.refresh(nodes):
            key = self._caches.key_of_uid(uid)
            if key is not None:
                self._wake(key)

    def _is_waiting(self, event: Event) -> bool:
        return any((event.node, event.entry) in waiting for waiting in self._waiting.values())

    def _put(self, event: Event) -> bool:
        """Whether the event concerns a deployment that we know; what concerns nobody is settled at once."""
        if event.uid == REPORT_UID:
            return False
        uid = event.uid.removesuffix(ABSENT)
        for cache in (self._caches.jobs, self._caches.machines, self._caches.volumes):
            for seen in cache.by("uid", uid):
                for key in deployment_key(seen):
                    self._waiting[key][(event.node, event.entry)] = event
                    self._wake(key)
                    return True
        return False
