"""Virtual time for asyncio: no selector, no sleeping; when nothing is ready, time jumps to the next timer."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from typing import Any

from tests.sim.process import Killed, Process

CALLS_A_TURN = 1000
RUNNING: ContextVar[Process | None] = ContextVar("the simulated process whose code runs", default=None)


class Deadlock(Exception):
    """Everybody waits, and nothing will ever happen."""


class Call:
    """What is to be called, soon or at its time; stands for the handles of asyncio."""

    __slots__ = ("args", "callback", "context", "due")

    def __init__(self, callback: Callable[..., Any], args: tuple[Any, ...], context: Context, due: float) -> None:
        self.callback: Callable[..., Any] | None = callback
        self.args, self.context, self.due = args, context, due

    def cancel(self) -> None:
        """It is not called."""
        self.callback, self.args = None, ()

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.callback is None

    def when(self) -> float:
        """Its time."""
        return self.due


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop whose clock is `now`, in seconds since the beginning of the simulation.

    What asyncio's own does for sockets, signals and debugging is left out: nine tenths of a simulation pass here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._soon: deque[Call] = deque()
        self._later: list[tuple[float, int, Call]] = []
        self._count = itertools.count()
        self.set_task_factory(_in_its_process)
        self.set_exception_handler(lambda *_: None)

    def time(self) -> float:
        """See AbstractEventLoop."""
        return self.now

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        """See AbstractEventLoop."""
        call = Call(callback, args, context or copy_context(), self.now)
        self._soon.append(call)
        return call

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        """See AbstractEventLoop. Of calls at the same time the one that was asked for first is first."""
        call = Call(callback, args, context or copy_context(), when)
        heappush(self._later, (when, next(self._count), call))
        return call

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        """See AbstractEventLoop."""
        return self.call_at(self.now + delay, callback, *args, context=context)

    def _run_once(self) -> None:
        """Calls in their order; many, for a turn of asyncio's own loop costs as much as a call. Stopping ends time."""
        soon = self._soon
        for _ in range(CALLS_A_TURN):
            if not soon:
                if self._stopping:  # type: ignore[attr-defined]
                    return
                self._jump()
            call = soon.popleft()
            if call.callback is not None:
                _run(call)

    def _jump(self) -> None:
        """Nothing is ready: the time is that of the next call, and that call is ready."""
        later = self._later
        while later:
            due, _, call = heappop(later)
            if call.callback is not None:
                self.now = max(self.now, due)
                self._soon.append(call)
                return
        raise Deadlock(f"nothing is left to happen at {self.now:.3f} s")

    def run_in_executor(self, _executor: Any, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """There are no threads: the work is done at once."""
        future = self.create_future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def start(self, process: Process | None, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs a coroutine as part of a process: what it starts belongs to the process, and dies with it."""
        context = copy_context()
        context.run(RUNNING.set, process)
        return self.create_task(work, context=context)


def _run(call: Call) -> None:
    try:
        call.context.run(call.callback, *call.args)  # type: ignore[arg-type]
    except (Exception, asyncio.CancelledError, Killed):
        return


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
