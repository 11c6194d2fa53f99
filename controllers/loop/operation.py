"""One run of a process: list, watch and lead; then work; and when asked to end, end in the order that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Coroutine, Iterator
from typing import Any

from controllers.loop.errors import LeaseLost, ProcessEnded
from controllers.loop.informer import Informer, WatchEvent, WatchSource
from controllers.loop.kinds import Complain, no_complaint
from controllers.loop.monitor import Lag, Monitor, Readiness, problems
from controllers.loop.objects import Resource
from controllers.loop.process import Context, Process
from controllers.loop.runner import Runner
from controllers.loop.settings import LoopSettings
from controllers.loop.waking import Route
from controllers.serving.server import Server

log = logging.getLogger(__name__)
END_SECONDS = 5.0
AGAIN_SECONDS = 0.5
GIVE_UP_SECONDS = 10.0


class Operation:
    """Runs a process until `stop`, or until one of its parts ends, which none may do unasked.

    What `complain` says of the kinds keeps it from working, and is asked again until it says nothing.
    """

    def __init__(
        self,
        process: Process,
        context: Context,
        source: WatchSource,
        settings: LoopSettings,
        stop: asyncio.Event,
        complain: Complain = no_complaint,
    ) -> None:
        self._process = process
        self._context = context
        self._source = source
        self._settings = settings
        self._stop = stop
        self._stop_watching = asyncio.Event()
        self._informer = self._make_informer()
        self._runner = Runner(process.controllers, context.metrics)
        self._servers = [_Server(config) for config in process.servers]
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._lag = Lag()
        self._complain = complain
        self.obstacle = ""

    @property
    def ready(self) -> bool:
        """Whether every kind is listed: then it works, or stands by for whoever leads."""
        return self._informer.synced

    @property
    def working(self) -> bool:
        """Whether it has begun to work and, where needed, leads."""
        return self._informer.begun and (self._context.lease.leading or not self._process.leads)

    def _readiness(self) -> Readiness:
        if not self.ready:
            return Readiness.STARTING
        return Readiness.WORKING if self.working else Readiness.STANDING_BY

    def _problems(self) -> list[str]:
        return problems(self._process.controllers, self._lag.take(), self._informer.silent)

    def _watched(self) -> dict[Resource, bool]:
        return {each: each in self._informer.silent for each in self._informer.resources}

    async def run(self) -> None:
        """Runs to the end. Raises what ended it when nobody asked: LoopError, or the error of a part."""
        try:
            self._start_watching()
            for stage in (self._know, self._lead, self._begin, asyncio.Event().wait):
                if not await self._before_stop(stage()):
                    break
        except LeaseLost:
            # Another process may be at work already: nothing of ours may finish what it began.
            await self._cancel(*(name for name in self._tasks if name != "watches"))
            raise
        finally:
            await self._end()

    async def _know(self) -> None:
        await self._await_kinds()
        await self._informer.sync()
        self._start("resync", self._informer.resync())

    async def _lead(self) -> None:
        if self._process.leads:
            await self._context.lease.acquire()
            self._context.metrics.fence.set(self._context.lease.fence)
            # From now on, for what comes next may take longer than a lease lasts.
            self._start("lease", self._context.lease.keep())

    async def _begin(self) -> None:
        if self._process.leads:
            # Watches may have missed something while this process stood by, and who leads decides on all that there is.
            await self._informer.sync()
        self._informer.begin()
        self._start_working()

    async def _await_kinds(self) -> None:
        """An upgrade of the kinds mends it, and nobody has to start this process anew then."""
        while said := await self._complain():
            if said != self.obstacle:
                log.error(f"{self._settings.name} does not work yet: {said}")
            self.obstacle = said
            await asyncio.sleep(self._settings.look_again_seconds)
        self.obstacle = ""

    def _start_watching(self) -> None:
        self._start("loop lag", self._lag.watch(self._context.metrics))
        if self._settings.monitor is not None:
            parts = (self._process.controllers, self._problems, self._readiness, self._context.metrics, self._watched)
            monitor = Monitor(*parts, obstacle=lambda: self.obstacle)
            self._start("monitor", monitor.serve(*self._settings.monitor))
        if self._informer.resources:
            watching = self._source.run(self._informer.resources, self._deliver, self._stop_watching)
            self._start("watches", watching)

    def _start_working(self) -> None:
        if self._process.controllers:
            self._start("work", self._runner.run())
        for server in self._servers:
            self._start(f"server on {server.config.host}:{server.config.port}", server.listen())
        for number, background in enumerate(self._process.background):
            self._start(f"background {number} ({getattr(background, '__qualname__', '')})", background())

    def _start(self, name: str, part: Coroutine[Any, Any, None]) -> None:
        self._tasks[name] = asyncio.create_task(part, name=name)

    async def _before_stop(self, doing: Coroutine[Any, Any, Any]) -> bool:
        """Whether `doing` was done before the process was asked to end; raises when a part ended meanwhile."""
        task, stopping = asyncio.create_task(doing), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stopping, *self._tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
            self._raise_ended()
            if task.done():
                task.result()
            return task.done()
        finally:
            await _cancel_all(task, stopping)

    def _raise_ended(self) -> None:
        for name, task in self._tasks.items():
            if task.done():
                task.result()
                raise ProcessEnded(f"{name} ended without being asked to")

    async def _end(self) -> None:
        """Work ends before the lease goes, and the watches go last: kopf waits for nobody."""
        for server in self._servers:
            server.should_exit = True
        await self._runner.drain(self._settings.drain_seconds)
        await self._wait_for_servers()
        ended = await self._cancel(*(name for name in self._tasks if name not in {"watches", "lease"}))
        await self._cancel("lease")
        if self._process.leads and ended:
            await self._context.lease.release()
        for close in self._process.closing:
            await _quietly(close())
        self._stop_watching.set()
        await self._wait_for("watches")

    async def _wait_for_servers(self) -> None:
        for name in [name for name in self._tasks if name.startswith("server on ")]:
            await self._wait_for(name)

    async def _wait_for(self, name: str) -> None:
        if name in self._tasks:
            await asyncio.wait({self._tasks[name]}, timeout=END_SECONDS)
            await self._cancel(name)

    async def _cancel(self, *names: str) -> bool:
        return await _cancel_all(*(self._tasks[name] for name in names if name in self._tasks))

    def _deliver(self, event: WatchEvent) -> None:
        self._context.metrics.events.labels(str(event.object.resource)).inc()
        self._informer.deliver(event)

    def _make_informer(self) -> Informer:
        routes = [
            Route(watch.cache, watch.to_keys, controller.queue)
            for controller in self._process.controllers
            for watch in controller.watches
        ]
        context, times = self._context, self._settings.resync_times
        return Informer(context.kube, self._process.caches, routes, times, context.randomness)


class _Server(Server):
    """A server whose signals are the process's, and whose failure to listen is an error like any other."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn.Server; signals are taken by the process."""
        yield

    async def listen(self) -> None:
        """Serves until `should_exit`."""
        try:
            await self.serve()
        except SystemExit:
            raise ProcessEnded(f"cannot listen on {self.config.host}:{self.config.port}: is it taken?") from None


async def _cancel_all(*tasks: asyncio.Task[Any]) -> bool:
    """Whether all have ended: a timeout that runs out at the same moment swallows a cancellation, so it is repeated."""
    left = set(tasks)
    for _ in range(int(GIVE_UP_SECONDS / AGAIN_SECONDS)):
        if not left:
            break
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)
    if left:
        log.error("do not end: %s", ", ".join(sorted(task.get_name() for task in left)))
    await asyncio.gather(*(set(tasks) - left), return_exceptions=True)
    return not left


async def _quietly(closing: Awaitable[None]) -> None:
    """Closing goes on whatever one part of it meets."""
    try:
        await closing
    except Exception as error:
        log.warning("closing: %s", error)
