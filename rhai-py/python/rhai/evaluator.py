"""A reused, disposable child that evaluates: what it is kept from is in `rhai.child`.

One line of JSON in, one out. The parent kills it past its deadline; only the request at hand fails, and the next one
finds a new child that is already starting. One that is idle for long goes, for the memory it holds. What is evaluated
is a function `module:name` from mapping to mapping, so that this file knows no plan. What a child answers is not
trusted: a script may have got hold of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from rhai import child

SECONDS_TO_START = 30.0
REQUESTS_PER_CHILD = 1_000
IDLE_SECONDS = 300.0
LARGEST_ANSWER = 4 << 20
CRASHED = "the script crashed the evaluator"


class EvaluatorFailed(Exception):
    """The child died or took too long on this request; the message says which."""


class Evaluator:
    """The parent's side; safe to call from several threads, one request at a time."""

    def __init__(
        self, function: str, seconds: float = 3.0, path: list[str] | None = None, idle: float = IDLE_SECONDS
    ) -> None:
        self._function = function
        self._seconds = seconds
        self._idle = threading.Timer(idle, self.close)
        self._path = path if path is not None else [each for each in sys.path if each]
        self._lock = threading.Lock()
        self._child: _Child | None = None

    @property
    def pid(self) -> int | None:
        """The child that answers the next request, when there is one already."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Starts the child ahead of the first request."""
        with self._in_use():
            self._usable()

    def call(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The function's answer. Raises EvaluatorFailed."""
        line = json.dumps(request).encode() + b"\n"
        with self._in_use():
            usable = self._usable()
            try:
                return usable.exchange(line, self._seconds)
            except BaseException:
                # Whatever it was, an answer that is still under way must not be taken for the next one's.
                self._end()
                with contextlib.suppress(EvaluatorFailed):
                    self._usable()
                raise

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            self._idle.cancel()
            self._end()

    @contextlib.contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._lock:
            self._idle.cancel()
            try:
                yield
            finally:
                self._idle = threading.Timer(self._idle.interval, self.close)
                self._idle.daemon = True
                self._idle.start()

    def _usable(self) -> _Child:
        if self._child is not None and self._child.spent:
            self._end()
        if self._child is None:
            self._child = _Child(self._function, self._path)
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child = None


class _Child:
    """One process, from its start to its end."""

    def __init__(self, function: str, path: list[str]) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", child.__file__, function, json.dumps(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
                close_fds=True,
                bufsize=0,
            )
        except OSError as error:
            raise EvaluatorFailed(f"the evaluator does not start: {error}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        os.set_blocking(self._input.fileno(), False)
        self._ready = False
        self._served = 0
        self._busy = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def spent(self) -> bool:
        """Whether another must take its place: dead, or near the end of the time that the kernel gives it."""
        busy = self._served >= REQUESTS_PER_CHILD or self._busy > child.CPU_SECONDS / 2
        return busy or self._process.poll() is not None

    def exchange(self, line: bytes, seconds: float) -> dict[str, Any]:
        """The answer to a request; the time that the child takes to start is not the request's."""
        if not self._ready:
            self._talk(b"", time.monotonic() + SECONDS_TO_START, "the evaluator does not start")
            self._ready = True
        began = time.monotonic()
        answer = self._talk(line, began + seconds, f"the script took longer than {seconds:g} s")
        self._served += 1
        self._busy += time.monotonic() - began
        return _parsed(answer)

    def _talk(self, unsent: bytes, deadline: float, late: str) -> bytes:
        """Sends all and reads one line, neither of them longer than until the deadline."""
        died, answer = (CRASHED if self._ready else late), bytearray()
        source, sink, poll = self._output.fileno(), self._input.fileno(), select.poll()
        poll.register(source, select.POLLIN)
        if unsent:
            poll.register(sink, select.POLLOUT)
        while not answer.endswith(b"\n"):
            ready = [descriptor for descriptor, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000)]
            if not ready:
                raise EvaluatorFailed(late)
            try:
                if sink in ready:
                    unsent = unsent[os.write(sink, unsent) :]
                    if not unsent:
                        poll.unregister(sink)
                if source in ready:
                    answer += _some(source)
            except OSError:
                raise EvaluatorFailed(died) from None
            if len(answer) > LARGEST_ANSWER:
                raise EvaluatorFailed(died)
        return bytes(answer)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()


def _some(descriptor: int) -> bytes:
    """What is there to read. Raises OSError at the end, for a child never ends its answers."""
    data = os.read(descriptor, 65_536)
    if not data:
        raise BrokenPipeError
    return data


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise EvaluatorFailed(CRASHED) from None
    if not isinstance(answer, dict):
        raise EvaluatorFailed(CRASHED)
    return answer
