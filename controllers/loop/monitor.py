"""Tells probes and Prometheus how the process is: alive, ready, and in figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from controllers.loop.controller import Controller
from controllers.loop.metrics import Metrics
from controllers.loop.objects import Resource

STALLED_SECONDS = 120.0
LAG_SECONDS = 5.0
LAG_PROBE_SECONDS = 0.25


class Readiness(StrEnum):
    """How far a process is. Who stands by is ready too: it takes over when the one that works is gone."""

    STARTING = "not listed yet"
    STANDING_BY = "standing by"
    WORKING = "working"


@dataclass
class Lag:
    """By how many seconds the event loop was late, at most, since it was last asked."""

    seconds: float = 0.0

    async def watch(self, metrics: Metrics) -> None:
        """Measures for ever: what blocks the loop delays every reconcile, so it must be seen."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_PROBE_SECONDS
            await asyncio.sleep(LAG_PROBE_SECONDS)
            late = max(0.0, loop.time() - due)
            self.seconds = max(self.seconds, late)
            metrics.lag.set(late)

    def take(self) -> float:
        """The worst since the last call."""
        worst, self.seconds = self.seconds, 0.0
        return worst


def problems(controllers: Sequence[Controller], lag: float, silent: Collection[Resource] = ()) -> list[str]:
    """What speaks against this process being alive: then it should be started anew."""
    stuck = [
        f"{each.name}: keys wait, and none was taken for {each.queue.stalled_seconds:.0f} s"
        for each in controllers
        if each.queue.stalled_seconds > STALLED_SECONDS
    ]
    stuck += [f"the watch of {each} tells nothing of what lists show" for each in silent]
    return stuck + ([f"the event loop stood still for {lag:.1f} s"] if lag > LAG_SECONDS else [])


def answer(readiness: Readiness, obstacle: str) -> tuple[int, str]:
    """What a readiness probe is told."""
    return (503, obstacle or readiness) if readiness is Readiness.STARTING else (200, readiness)


class Monitor:
    """Serves /healthz, /readyz and /metrics on an address of its own."""

    def __init__(
        self,
        controllers: Sequence[Controller],
        problems: Callable[[], list[str]],
        readiness: Callable[[], Readiness],
        metrics: Metrics,
        watched: Callable[[], Mapping[Resource, bool]] = dict,
        obstacle: Callable[[], str] = str,
    ) -> None:
        """`watched` are the kinds with a watch, and whether it is silent; `obstacle` is what a start waits for."""
        self._watched = watched
        self._obstacle = obstacle
        self._controllers = controllers
        self._problems = problems
        self._readiness = readiness
        self._metrics = metrics

    async def serve(self, host: str, port: int) -> None:
        """Serves until cancelled. Raises OSError when the address is taken."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/metrics", self._figures)
        return application

    async def _health(self, _: web.Request) -> web.Response:
        found = self._problems()
        return web.Response(status=500 if found else 200, text="\n".join(found) or "ok")

    async def _ready(self, _: web.Request) -> web.Response:
        code, words = answer(self._readiness(), self._obstacle())
        return web.Response(status=code, text=words)

    async def _figures(self, _: web.Request) -> web.Response:
        self._metrics.look(self._readiness() is Readiness.WORKING, self._controllers, self._watched())
        return web.Response(body=self._metrics.text(), content_type="text/plain", charset="utf-8")
