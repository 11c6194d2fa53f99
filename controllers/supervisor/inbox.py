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
MOST_WAITING = 200
"""Of one node: its other events stay in the queue, which is bounded, until some of these are taken in."""


class Inbox:
    """Follows the events of all nodes. An event is settled only after its deployment has taken it in."""

    def __init__(
        self, broker: ControllerBroker, caches: Caches, reports: Reports, wake: Callable[[ObjectKey], None]
    ) -> None:
        self._broker, self._caches, self._reports, self._wake = broker, caches, reports, wake
        self._waiting: dict[ObjectKey, dict[tuple[str, str], Event]] = defaultdict(dict)
        self._taken: dict[str, set[str]] = defaultdict(set)

    def waiting(self, key: ObjectKey) -> list[Event]:
        """The events that concern a deployment. They wake it once, and wait until they are done."""
        return list(self._waiting.get(key, {}).values())

    def done(self, key: ObjectKey, event: Event) -> None:
        """Forgets an event; should it not have been settled, it comes anew."""
        events = self._waiting.get(key, {})
        events.pop((event.node, event.entry), None)
        self._taken[event.node].discard(event.entry)
        if not self._taken[event.node]:
            del self._taken[event.node]
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
        heard = [name for name in self._caches.node_names if len(self._taken.get(name, ())) < MOST_WAITING]
        if not heard:
            return PAUSE_SECONDS
        # What was done with but not settled comes anew as soon as nothing else of its node is waiting.
        after = {node: max(entries, key=_position) for node, entries in self._taken.items()}
        fresh = await self._broker.events(heard, timeout, after)
        # A receipt comes after the report that shows its effect, so the report is looked at first.
        if fresh:
            await self._look({event.node for event in fresh})
        unclaimed = [event for event in fresh if not self._put(event)]
        if unclaimed:
            await self._broker.settle(unclaimed)
        return 0.0

    async def look(self) -> None:
        """Looks at the report of every node, and forgets those of nodes that are gone. Raises JobsError."""
        self._reports.keep(set(self._caches.node_names))
        await self._look(set(self._caches.node_names))
        if self._reports.listen(each for each in self._caches.known_nodes() if is_reachable(each)):
            for key in self._caches.deployments:
                self._wake(key)

    async def _look(self, names: Collection[str]) -> None:
        nodes = [node for name in sorted(names) if (node := self._caches.node(name)) is not None]
        news = await self._reports.refresh(nodes)
        found = {uid: self._caches.key_of_uid(uid) for uid in news.deployments}
        keys = {key for key in found.values() if key is not None}
        if None in found.values():
            # What is held for a deployment that is gone concerns the namesake that may have come after it.
            keys |= set(self._caches.deployments)
        if news.nodes:
            keys |= {key for each in self._caches.placed_on(news.nodes) for key in deployment_key(each)}
        for key in sorted(keys):
            self._wake(key)

    def _put(self, event: Event) -> bool:
        """Whether the event concerns a deployment that we know; what concerns nobody is settled at once."""
        if event.uid == REPORT_UID:
            return False
        uid = event.uid.removesuffix(ABSENT)
        for cache in (self._caches.jobs, self._caches.machines, self._caches.volumes):
            for seen in cache.by("uid", uid):
                for key in deployment_key(seen):
                    self._waiting[key][(event.node, event.entry)] = event
                    self._taken[event.node].add(event.entry)
                    self._wake(key)
                    return True
        return False


def _position(entry: str) -> tuple[int, int]:
    """Of an entry in its stream: milliseconds, and a number within them (Redis' stream ids)."""
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)
