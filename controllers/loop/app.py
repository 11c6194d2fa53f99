"""Runs a controller process: signals, leadership, watches, workers, servers and background tasks, one way to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
import uvloop

from controllers.loop.controller import Controller
from controllers.loop.errors import KubeError
from controllers.loop.kube import Kube
from controllers.loop.kube_http import Access
from controllers.loop.lease import Lease
from controllers.loop.watch import Watcher, require_kinds

log = logging.getLogger(__name__)
Background = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Process:
    """What runs in one process. `closing` is awaited at the end; a lost lease or a dead task ends the process with 1."""

    kube: Kube
    access: Access
    controller: Controller | None = None
    lease: Lease | None = None
    servers: Sequence[uvicorn.Config] = ()
    background: Sequence[Background] = ()
    closing: Sequence[Callable[[], Awaitable[None]]] = field(default=())


class Ended(Exception):
    """A part of the process ended that must not end."""


def run(compose: Callable[[], Awaitable[Process]]) -> int:
    """Composes and runs a process to its end on uvloop; returns the exit code."""
    return uvloop.run(_run(compose))


async def _run(compose: Callable[[], Awaitable[Process]]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    process = await compose()
    try:
        return await _until_stopped(process, stop)
    finally:
        for close in process.closing:
            with contextlib.suppress(Exception):
                await close()


async def _until_stopped(process: Process, stop: asyncio.Event) -> int:
    try:
        await _prepare(process, stop)
        async with asyncio.TaskGroup() as tasks:
            for part in _parts(process, stop):
                tasks.create_task(_guarded(part, stop))
    except* (Ended, KubeError) as problems:
        for problem in problems.exceptions:
            log.error("%s", problem)
        return 1
    return 0


async def _prepare(process: Process, stop: asyncio.Event) -> None:
    if process.controller is not None:
        missing = await require_kinds(process.kube, process.controller.watches)
        if missing:
            raise Ended(missing)
    if process.lease is not None:
        await process.lease.acquire(stop)


def _parts(process: Process, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    parts = [background(stop) for background in process.background]
    parts += [_serve(config, stop) for config in process.servers]
    if process.lease is not None:
        parts.append(_lead(process.lease, stop))
    if process.controller is not None:
        parts += _control(process, process.controller, stop)
    return parts or [_wait(stop)]


def _control(process: Process, controller: Controller, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    watcher = Watcher(process.kube, process.access, controller.watches, controller.queue.add)
    synced = asyncio.Event()

    async def watch() -> None:
        await watcher.sync()
        synced.set()
        await watcher.run(stop)

    async def work() -> None:
        await synced.wait()
        await controller.work(stop)

    return [watch(), work()]


async def _guarded(part: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """A part that ends before it is asked to takes the process with it."""
    await part
    if not stop.is_set():
        raise Ended(f"{getattr(part, '__qualname__', part)} ended unasked")


async def _lead(lease: Lease, stop: asyncio.Event) -> None:
    await lease.keep(stop)
    if lease.lost.is_set():
        raise Ended("leadership is lost")


class _Server(uvicorn.Server):
    """Signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


async def _serve(config: uvicorn.Config, stop: asyncio.Event) -> None:
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    try:
        await serving
    except SystemExit:
        raise Ended(f"cannot listen on {config.host}:{config.port}: is another process there?") from None


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


def fail(message: str) -> int:
    """One line on stderr, and the exit code for "failed"."""
    print(message, file=sys.stderr)
    return 1
