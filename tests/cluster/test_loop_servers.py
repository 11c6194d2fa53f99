"""Servers of a controller process listen while it leads, and its monitor from the beginning."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from controllers.loop.cache import Cache
from controllers.loop.controller import Controller, Done, Outcome, Watch
from controllers.loop.errors import ProcessEnded
from controllers.loop.lease import Lease, LeaseTimes
from controllers.loop.metrics import Metrics
from controllers.loop.objects import ObjectKey
from controllers.loop.operation import Operation
from controllers.loop.process import Context, Process
from controllers.loop.settings import LoopSettings
from controllers.loop.testing import MemoryKube, MemorySource
from tests.system.node_site import free_port
from tests.unit.controllers.loop.kube_contract import WIDGET, widget

KEY = ObjectKey("hardpan-system", "hardpan-test")
TIMES = LeaseTimes(duration=1, renew_deadline=0.3, retry=0.02)


class World:
    """A process with one server and a monitor, on a server in memory."""

    def __init__(self, kube: MemoryKube) -> None:
        self.port, self.monitor = free_port(), free_port()
        self.stop = asyncio.Event()
        self.lease = Lease(kube, KEY, "me", TIMES)
        application = Starlette()
        application.add_route("/slow", self.slow)
        config = uvicorn.Config(application, host="127.0.0.1", port=self.port, log_config=None)
        controller = Controller("test", [Watch(Cache(WIDGET))], self.reconcile)
        settings = LoopSettings("test", monitor=("127.0.0.1", self.monitor))
        context = Context(kube, self.lease, Metrics())
        self.operation = Operation(
            Process([controller], servers=[config]), context, MemorySource(kube), settings, self.stop
        )

    async def reconcile(self, key: ObjectKey) -> Outcome:
        return Done()

    async def slow(self, _: Request) -> JSONResponse:
        await asyncio.sleep(0.3)
        return JSONResponse("served")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[httpx.AsyncClient]:
        task = asyncio.create_task(self.operation.run())
        async with httpx.AsyncClient(trust_env=False) as client:
            yield client
        self.stop.set()
        await asyncio.wait_for(task, 5)

    async def status(self, client: httpx.AsyncClient, port: int, path: str) -> int | None:
        try:
            return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code
        except httpx.ConnectError:
            return None

    async def until(self, client: httpx.AsyncClient, port: int, path: str, wanted: int) -> None:
        async with asyncio.timeout(5):
            while await self.status(client, port, path) != wanted:
                await asyncio.sleep(0.01)


async def test_a_standby_is_alive_and_ready_and_its_server_does_not_listen() -> None:
    kube = MemoryKube()
    other = Lease(kube, KEY, "other", TIMES)
    await other.acquire()
    keeping = asyncio.create_task(other.keep())
    world = World(kube)
    async with world.running() as client:
        await world.until(client, world.monitor, "/healthz", 200)
        await world.until(client, world.monitor, "/readyz", 200)
        assert (await client.get(f"http://127.0.0.1:{world.monitor}/readyz")).text == "standing by"
        assert await world.status(client, world.port, "/slow") is None
        keeping.cancel()
        await other.release()
        await world.until(client, world.port, "/slow", 200)


async def test_figures_are_served_for_prometheus() -> None:
    kube = MemoryKube()
    await kube.create(WIDGET, widget("w"))
    world = World(kube)
    async with world.running() as client:
        await world.until(client, world.monitor, "/readyz", 200)
        await asyncio.sleep(0.05)
        text = (await client.get(f"http://127.0.0.1:{world.monitor}/metrics")).text
    assert 'hardpan_reconciles_total{controller="test",outcome="Done"} 1.0' in text
    assert 'hardpan_watch_events_total{resource="widgets.test.hardpan.dev"}' in text


async def test_a_request_under_way_is_answered_before_the_process_ends() -> None:
    world = World(MemoryKube())
    async with world.running() as client:
        await world.until(client, world.port, "/none", 404)
        request = asyncio.create_task(client.get(f"http://127.0.0.1:{world.port}/slow"))
        await asyncio.sleep(0.1)
        world.stop.set()
        assert (await request).json() == "served"


async def test_a_taken_port_ends_the_process_with_its_name() -> None:
    world = World(MemoryKube())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", world.port))
        taken.listen()
        with pytest.raises(ProcessEnded, match=f"cannot listen on 127.0.0.1:{world.port}"):
            await asyncio.wait_for(world.operation.run(), 5)
