"""The watches of one process: news comes late and in order; a lost connection loses it, and what is there is told."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextvars import copy_context

from controllers.loop.informer import Deliver, WatchEvent
from controllers.loop.objects import Resource
from tests.sim.api import Server
from tests.sim.process import Process
from tests.sim.weather import Weather, short

TYPICAL_SECONDS = 0.003
SLOW_SECONDS = 20.0


class Watches:
    """`WatchSource` over the simulated server."""

    def __init__(self, server: Server, process: Process, weather: Weather, concern: str) -> None:
        self._server = server
        self._process = process
        self._weather = weather
        self._random = weather.source(f"watch/{concern}")
        self._resources: Collection[Resource] = ()
        self._deliver: Deliver = lambda _: None
        self._last: dict[Resource, float] = {}
        self._connection = 0
        self._connected = True

    async def run(self, resources: Collection[Resource], deliver: Deliver, stop: asyncio.Event) -> None:
        """See WatchSource."""
        self._resources, self._deliver = resources, deliver
        self._context = copy_context()
        self._server.listeners.append(self._hear)
        self._process.mourn(self._end)
        self._tell_all()
        try:
            await stop.wait()
        finally:
            self._end()

    def drop(self, seconds: float) -> None:
        """The connection is lost, with the news that is on its way, and made again after so many seconds."""
        self._connection += 1
        self._connected = False
        asyncio.get_running_loop().call_later(seconds, self._connect)

    def _connect(self) -> None:
        if self._connected or not self._process.alive:
            return
        if not self._server.up:
            asyncio.get_running_loop().call_later(1.0, self._connect)
            return
        self._connected = True
        self._tell_all()

    def _tell_all(self) -> None:
        for resource in self._resources:
            for each in self._server.objects(resource):
                self._hear(WatchEvent("LISTED", each))

    def _hear(self, event: WatchEvent) -> None:
        resource = event.object.resource
        if not self._connected or resource not in self._resources:
            return
        loop = asyncio.get_running_loop()
        slow = self._weather.watch_slow and self._random.random() < self._weather.watch_slow
        delay = self._random.uniform(0.0, SLOW_SECONDS) if slow else short(self._random, TYPICAL_SECONDS)
        due = self._last[resource] = max(self._last.get(resource, 0.0) + 1e-6, loop.time() + delay)
        loop.call_at(due, self._bring, event, self._connection, context=self._context)

    def _bring(self, event: WatchEvent, connection: int) -> None:
        if self._process.alive and connection == self._connection:
            self._deliver(event)

    def _end(self) -> None:
        if self._hear in self._server.listeners:
            self._server.listeners.remove(self._hear)
