"""What nodes said of jobs, waiting to be taken in by the reconcile of the deployment that it concerns."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection

from controllers.loop.objects import ObjectKey
from controllers.supervisor.caches import Caches, deployment_key
from controllers.supervisor.observe import is_reachable
from controllers.supervisor.orders import ABSENT
from controllers.supervisor.reports import Reports
from jobs.broker import REPORT_UID, ControllerBroker, Event
from jobs.errors import JobsError

log = logging.getLogger(__name__)
EVENT_SECONDS = 1.0
REPORT_SECONDS = 5.0
PAUSE_SECONDS = 0.5
UNSETTLED_SECONDS = 0.05


class Inbox:
    """Follows the events of all nodes. An event is settled only after its deployment has taken it in."""

    def __init__(
        self, broker: ControllerBroker, caches: Caches, reports: Reports, wake: Callable[[ObjectKey], None]
    ) -> None:
        self._broker, self._caches, self._reports, self._wake = broker, caches, reports, wake
        self._waiting: dict[ObjectKey, dict[tuple[str, str], Event]] = defaultdict(dict)
        self._taken: set[tuple[str, str]] = set()

    def waiting(self, key: ObjectKey) -> list[Event]:
        """The events that concern a deployment. They wake it once, and wait until they are done."""
        return list(self._waiting.get(key, {}).values())

    def done(self, key: ObjectKey, event: Event) -> None:
        """Forgets an event; should it not have been settled, it comes anew."""
        events = self._waiting.get(key, {})
        events.pop((event.node, event.entry), None)
        self._taken.discard((event.node, event.entry))
        if not events:
            self._waiting.pop(key, None)

    async def follow(self) -> None:
        """Reads events and reports for ever; a queue that is away is waited for."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            try:
                pause = await self.read(EVENT_SECONDS)
                if loop.time() >= due:
                    await self.look()
                    due = loop.time() + REPORT_SECONDS
            except JobsError as error:
                log.warning("the queue is away: %s", error)
                pause = PAUSE_SECONDS
            await asyncio.sleep(pause)

    async def read(self, timeout: float = 0.0) -> float:
        """Takes in the events that there are, or come within `timeout`; returns for how long to pause. JobsError."""
        names = [each.name for each in self._caches.known_nodes()]
        if not names:
            return PAUSE_SECONDS
        events = await self._broker.events(names, timeout)
        fresh = [event for event in events if not self._is_waiting(event)]
        # A receipt comes after the report that shows its effect, so the report is looked at first.
        if fresh:
            await self._look({event.node for event in fresh})
        unclaimed = [event for event in fresh if not self._put(event)]
        if unclaimed:
            await self._broker.settle(unclaimed)
        return UNSETTLED_SECONDS if events and not fresh else 0.0

    async def look(self) -> None:
        """Looks at the report of every node, and forgets those of nodes that are gone. Raises JobsError."""
        names = {each.name for each in self._caches.known_nodes()}
        self._reports.keep(names)
        await self._look(names)
        if self._reports.listen(each for each in self._caches.known_nodes() if is_reachable(each)):
            for each in self._caches.deployments.all():
                self._wake(each.key)

    async def _look(self, names: Collection[str]) -> None:
        nodes = [each for each in self._caches.known_nodes() if each.name in names]
        news = await self._reports.refresh(nodes)
        found = {uid: self._caches.key_of_uid(uid) for uid in news.deployments}
        keys = {key for key in found.values() if key is not None}
        if None in found.values():
            # What is held for a deployment that is gone concerns the namesake that may have come after it.
            keys |= {each.key for each in self._caches.deployments.all()}
        if news.nodes:
            keys |= {key for each in self._caches.placed_on(news.nodes) for key in deployment_key(each)}
        for key in sorted(keys):
            self._wake(key)

    def _is_waiting(self, event: Event) -> bool:
        return (event.node, event.entry) in self._taken

    def _put(self, event: Event) -> bool:
        """Whether the event concerns a deployment that we know; what concerns nobody is settled at once."""
        if event.uid == REPORT_UID:
            return False
        uid = event.uid.removesuffix(ABSENT)
        for cache in (self._caches.jobs, self._caches.machines, self._caches.volumes):
            for seen in cache.by("uid", uid):
                for key in deployment_key(seen):
                    self._waiting[key][(event.node, event.entry)] = event
                    self._taken.add((event.node, event.entry))
                    self._wake(key)
                    return True
        return False
