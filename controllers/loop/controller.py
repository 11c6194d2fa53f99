"""One controller: watches feed caches and a queue, workers reconcile keys. The only broad `except` of the loop is here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from controllers.loop.errors import Conflict, Gone, KubeError
from controllers.loop.queue import WorkQueue
from controllers.loop.watch import Watch

log = logging.getLogger(__name__)
DRAIN_SECONDS = 10.0


@dataclass(frozen=True)
class Done:
    """Nothing is left to do until something changes."""


@dataclass(frozen=True)
class Again:
    """Look again after so many seconds, whatever happens."""

    seconds: float


Outcome = Done | Again
Reconcile = Callable[[str], Awaitable[Outcome]]


@dataclass
class Controller:
    """What one loop is made of."""

    name: str
    watches: Collection[Watch]
    reconcile: Reconcile
    queue: WorkQueue
    workers: int = 8

    async def work(self, stop: asyncio.Event) -> None:
        """Reconciles until `stop`, then finishes what is in hand, at most 10 s."""
        workers = [asyncio.create_task(self._worker(), name=f"{self.name}-{number}") for number in range(self.workers)]
        await stop.wait()
        self.queue.close()
        _, unfinished = await asyncio.wait(workers, timeout=DRAIN_SECONDS)
        for task in unfinished:
            task.cancel()

    async def _worker(self) -> None:
        while (key := await self.queue.take()) is not None:
            try:
                await self._once(key)
            finally:
                self.queue.done(key)

    async def _once(self, key: str) -> None:
        try:
            outcome = await self.reconcile(key)
        except (Conflict, Gone) as error:
            # Decided on something that has changed: its event is on the way, so this is no failure worth a warning.
            log.debug("%s %s: %s", self.name, key, error)
            self.queue.failed(key)
        except KubeError as error:
            log.warning("%s %s: %s; again in %.1f s", self.name, key, error, self.queue.failed(key))
        except Exception:
            log.exception("%s %s failed; again in %.1f s", self.name, key, self.queue.failed(key))
        else:
            self.queue.succeeded(key)
            if isinstance(outcome, Again):
                self.queue.add_after(key, outcome.seconds)
