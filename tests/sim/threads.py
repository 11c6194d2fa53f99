"""Threads without threads: the node's blocking code runs in greenlets, and blocking is waiting in virtual time.

The classes stand for those of `threading` and `concurrent.futures` that the node uses. Outside of simulated threads
(in the event loop) nothing may block.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import greenlet

from tests.sim.loop import SimulatedLoop
from tests.sim.process import Killed, Process


class Thread:
    """See threading.Thread; it belongs to the process of the thread that makes it."""

    def __init__(
        self,
        target: Callable[..., Any],
        args: tuple[Any, ...] = (),
        name: str = "",
        daemon: bool | None = None,
        process: Process | None = None,
    ) -> None:
        self.name = name
        self.process = process or current().process
        self._target, self._args = target, args
        self._loop = asyncio.get_running_loop()
        self._green = greenlet.greenlet(self._run)
        self._green.thread = self
        self._ended = Event()
        self.waiter: Waiter | None = None

    def start(self) -> None:
        """Begins a turn of the loop later."""
        self.process.enlist(self)
        self._loop.call_soon(self.resume)

    def resume(self) -> None:
        """Goes on where it stopped, until it blocks again; called by the event loop only."""
        if self._green.dead:
            return
        self._green.parent = greenlet.getcurrent()
        if self.process.alive:
            self._green.switch()
        else:
            self._green.throw(Killed(self.process.name))

    def interrupt(self) -> None:
        """See Interruptible."""
        self._loop.call_soon(self.resume)

    def block(self) -> None:
        """Gives control back to the event loop until `resume`."""
        self.process.check()
        self._green.parent.switch()
        self.process.check()

    def join(self, timeout: float | None = None) -> None:
        """Waits for its end."""
        self._ended.wait(timeout)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self._ended.is_set()

    def _run(self) -> None:
        try:
            self._target(*self._args)
        except Killed:
            pass
        finally:
            self.process.dismiss(self)
            self._ended.set()


def current() -> Thread:
    """The simulated thread that runs now."""
    thread: Thread | None = getattr(greenlet.getcurrent(), "thread", None)
    if thread is None:
        raise RuntimeError("only simulated threads may block")
    return thread


class Waiter:
    """One wait of one thread, ended once: by `wake` or by its time."""

    def __init__(self) -> None:
        self._thread = current()
        self._done = self.woken = False

    def wake(self) -> bool:
        """Ends the wait; False when it has ended already."""
        if self._done:
            return False
        self._done = self.woken = True
        self._thread._loop.call_soon(self._thread.resume)
        return True

    def wait(self, seconds: float | None) -> bool:
        """Whether it was woken before its time ran out."""
        timer = None
        if seconds is not None:
            timer = self._thread._loop.call_later(max(0.0, seconds), self._expire)
        try:
            while not self._done:
                self._thread.block()
        finally:
            self._done = True
            if timer is not None:
                timer.cancel()
        return self.woken

    def _expire(self) -> None:
        if not self._done:
            self._done = True
            self._thread.resume()


def sleep(seconds: float) -> None:
    """See time.sleep."""
    Waiter().wait(seconds)


def finish(loop: SimulatedLoop, process: Process | None, work: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine in a process and waits for what it returns or raises, in a simulated thread."""
    waiter, task = Waiter(), loop.start(process, work)
    task.add_done_callback(lambda _: waiter.wake())
    waiter.wait(None)
    return task.result()


class Lock:
    """See threading.Lock and threading.RLock; whether its holder may take it again is said at the making."""

    def __init__(self, reentrant: bool = False) -> None:
        self._reentrant = reentrant
        self._holder: Any = None
        self._count = 0
        self._waiters: deque[Waiter] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Takes it; in the event loop only when it is free."""
        me = greenlet.getcurrent()
        while self._holder is not None and not (self._reentrant and self._holder is me):
            if not blocking:
                return False
            self._waiters.append(waiter := Waiter())
            if not waiter.wait(None if timeout < 0 else timeout) and timeout >= 0:
                return False
        self._holder = me
        self._count += 1
        return True

    def release(self) -> None:
        """Gives it to the next."""
        self._count -= 1
        if self._count == 0:
            self._holder = None
            wake_one(self._waiters)

    def release_all(self) -> int:
        """Gives it up however often it was taken."""
        count, self._count = self._count, 1
        self.release()
        return count

    def restore(self, count: int) -> None:
        """Takes it as often as before."""
        self.acquire()
        self._count = count

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def wake_one(waiters: deque[Waiter]) -> bool:
    """Wakes the first that still waits."""
    while waiters:
        if waiters.popleft().wake():
            return True
    return False


class Condition:
    """See threading.Condition."""

    def __init__(self) -> None:
        self._lock = Lock(reentrant=True)
        self._waiters: deque[Waiter] = deque()

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Gives up the lock, waits, takes it again."""
        self._waiters.append(waiter := Waiter())
        count = self._lock.release_all()
        try:
            return waiter.wait(timeout)
        finally:
            self._lock.restore(count)

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Waits until the predicate holds, or the time is over."""
        loop = asyncio.get_running_loop()
        ends = None if timeout is None else loop.time() + timeout
        while not (result := predicate()):
            left = None if ends is None else ends - loop.time()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def notify_all(self) -> None:
        """Wakes all."""
        while wake_one(self._waiters):
            pass


class Event:
    """See threading.Event."""

    def __init__(self) -> None:
        self._set = False
        self._waiters: deque[Waiter] = deque()

    def is_set(self) -> bool:
        """Whether it happened."""
        return self._set

    def set(self) -> None:
        """It happens."""
        self._set = True
        while wake_one(self._waiters):
            pass

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it happened within the time."""
        if not self._set:
            self._waiters.append(waiter := Waiter())
            if not waiter.wait(timeout):
                self._waiters.remove(waiter)
        return self._set


class Semaphore:
    """See threading.Semaphore."""

    def __init__(self, value: int = 1) -> None:
        self._value = value
        self._waiters: deque[Waiter] = deque()

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes one."""
        while self._value == 0:
            self._waiters.append(waiter := Waiter())
            if not waiter.wait(timeout):
                self._waiters.remove(waiter)
                return False
        self._value -= 1
        return True

    def release(self) -> None:
        """Gives one back."""
        self._value += 1
        wake_one(self._waiters)


class ThreadPool:
    """See concurrent.futures.ThreadPoolExecutor, as far as it is used; every task has a thread of its own."""

    def __init__(self, _workers: int, prefix: str = "") -> None:
        self._prefix = prefix
        self._threads: list[Thread] = []

    def submit(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Begins at once."""
        self._threads = [each for each in self._threads if each.is_alive()]
        thread = Thread(function, arguments, self._prefix)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> ThreadPool:
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()
