"""Virtual time for asyncio: no selector, no sleeping; when nothing is ready, time jumps to the next timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

from tests.sim.process import Process

RUNNING: ContextVar[Process | None] = ContextVar("the simulated process whose code runs", default=None)


class Deadlock(Exception):
    """Everybody waits, and nothing will ever happen."""


class _Jump:
    """Stands where BaseEventLoop has its selector: waiting is moving the clock."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        """Nothing ever comes from outside."""
        if timeout is None:
            raise Deadlock(f"nothing is left to happen at {self._loop.time():.3f} s")
        self._loop.now += timeout
        return []


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop whose clock is `now`, in seconds since the beginning of the simulation."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = _Jump(self)
        self.set_task_factory(_in_its_process)
        self.set_exception_handler(lambda *_: None)

    def time(self) -> float:
        """See AbstractEventLoop."""
        return self.now

    def run_in_executor(self, _executor: Any, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """There are no threads: the work is done at once."""
        future = self.create_future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def _process_events(self, _events: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody is asleep who would have to be woken."""

    def start(self, process: Process | None, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs a coroutine as part of a process: what it starts belongs to the process, and dies with it."""
        context = copy_context()
        context.run(RUNNING.set, process)
        return self.create_task(work, context=context)


def _in_its_process(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], context: Any = None
) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, context=context)
    process = RUNNING.get() if context is None else context.get(RUNNING)
    if process is not None:
        process.adopt(task)
    return task


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs a whole simulation."""
    loop = SimulatedLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        for _ in range(100):
            loop.call_soon(lambda: None)
            loop.stop()
            loop.run_forever()
        loop.close()
