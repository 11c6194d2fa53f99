"""Runs controllers: workers take keys, reconcile them, and turn whatever happens into the key's next turn."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from controllers.loop.controller import Controller, RequeueAfter
from controllers.loop.errors import Conflict, KubeError, NotFound
from controllers.loop.metrics import Metrics
from controllers.loop.objects import ObjectKey
from jobs.about import about

log = logging.getLogger(__name__)
DRAIN_SECONDS = 10.0


class Runner:
    """The workers of some controllers. `run` works until cancelled; `drain` ends them in good order."""

    def __init__(self, controllers: Sequence[Controller], metrics: Metrics) -> None:
        self._controllers = controllers
        self._metrics = metrics
        self._workers: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Works for ever. Being cancelled cancels every reconcile at once: so it must be when a lease is lost."""
        self._workers = {
            asyncio.create_task(self._work(controller), name=f"{controller.name}-{number}")
            for controller in self._controllers
            for number in range(controller.workers)
        }
        try:
            await asyncio.gather(*self._workers)
        finally:
            await self._cancel()

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Takes no more keys, and gives what is being worked on some seconds to finish."""
        for controller in self._controllers:
            controller.queue.close()
        if self._workers:
            await asyncio.wait(self._workers, timeout=seconds)
        await self._cancel()

    async def _cancel(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self, controller: Controller) -> None:
        queue = controller.queue
        while (key := await queue.take()) is not None:
            self._metrics.waited.labels(controller.name).observe(queue.waited(key))
            try:
                await self._reconcile(controller, key)
            finally:
                queue.done(key)

    async def _reconcile(self, controller: Controller, key: ObjectKey) -> None:
        began = time.perf_counter()
        outcome = await _once(controller, key)
        self._metrics.duration.labels(controller.name).observe(time.perf_counter() - began)
        self._metrics.reconciles.labels(controller.name, outcome).inc()


async def _once(controller: Controller, key: ObjectKey) -> str:
    """Reconciles once and returns the outcome's name for the metrics. The only broad `except` of the loop."""
    extra = {"controller": controller.name, "object": str(key), controller.of: str(key)}
    try:
        with about(**{controller.of: str(key)}):
            outcome = await controller.reconcile(key)
    except (Conflict, NotFound) as error:
        again = controller.queue.fail(key)
        log.debug("decided on something that has changed, again in %.3f s: %s", again, error, extra=extra)
        return "stale"
    except KubeError as error:
        log.warning("%s; again in %.3f s", error, controller.queue.fail(key), extra=extra)
        return "refused"
    except Exception as error:
        log.error("failed, again in %.3f s", controller.queue.fail(key), exc_info=error, extra=extra)
        return "failed"
    controller.queue.succeed(key)
    if isinstance(outcome, RequeueAfter):
        controller.queue.add_after(key, outcome.seconds)
    return type(outcome).__name__
