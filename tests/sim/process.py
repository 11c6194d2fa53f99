"""A process of the simulation: alive until it is killed, at a random moment or exactly at one of its writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol


class Killed(BaseException):
    """The process is dead: nothing that it still does has an effect."""


class Interruptible(Protocol):
    """A thread of a process."""

    def interrupt(self) -> None:
        """Lets it end as soon as it can: its process is dead."""


Crash = Callable[["Process", str, str], bool]


class Process:
    """One incarnation of a program. `crash` decides at each write (what, before or after) whether it dies there."""

    def __init__(self, name: str, crash: Crash = lambda *_: False) -> None:
        self.name = name
        self.alive = True
        self.crash = crash
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._threads: dict[Interruptible, None] = {}
        self._mourners: list[Callable[[], object]] = []

    def check(self) -> None:
        """Raises Killed when the process is dead."""
        if not self.alive:
            raise Killed(self.name)

    def write(self, what: str, when: str) -> None:
        """To be called around each write: the process may die here. Raises Killed."""
        self.check()
        if self.crash(self, what, when):
            self.kill()
            raise Killed(self.name)

    def kill(self) -> None:
        """kill -9: from here on it has no effect; its tasks and threads are unwound."""
        if not self.alive:
            return
        self.alive = False
        for task in list(self._tasks):
            task.cancel()
        for thread in list(self._threads):
            thread.interrupt()
        for mourn in list(self._mourners):
            mourn()

    def mourn(self, call: Callable[[], object]) -> None:
        """Calls when the process dies."""
        self._mourners.append(call)

    def forget(self, call: Callable[[], object]) -> None:
        """Its death no longer concerns who waited for it."""
        self._mourners.remove(call)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """The task dies with the process."""
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        if not self.alive:
            task.cancel()

    def enlist(self, thread: Interruptible) -> None:
        """The thread dies with the process."""
        self._threads[thread] = None

    def dismiss(self, thread: Interruptible) -> None:
        """The thread has ended."""
        self._threads.pop(thread, None)
