"""A reused, disposable child that evaluates: no credentials, no environment, no network, bounded by the kernel.

One line of JSON in, one out. The parent kills it past its deadline; only the request at hand fails, and the next gets
a new child. What is evaluated is a function `module:name` from mapping to mapping, so that this file knows no plan.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

ADDRESS_SPACE = 512 << 20
CPU_SECONDS = 60
REQUESTS_PER_CHILD = 1_000
LARGEST_ANSWER = 4 << 20


class EvaluatorFailed(Exception):
    """The child died or took too long on this request; the message says which."""


class Evaluator:
    """The parent's side; safe to call from several threads, one request at a time."""

    def __init__(self, function: str, seconds: float = 3.0, path: list[str] | None = None) -> None:
        self._function = function
        self._seconds = seconds
        self._path = path if path is not None else [each for each in sys.path if each]
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0

    def call(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The function's answer. Raises EvaluatorFailed."""
        with self._lock:
            if self._child is None or self._served >= REQUESTS_PER_CHILD or self._child.poll() is not None:
                self._replace()
            self._served += 1
            try:
                return self._exchange(json.dumps(request).encode() + b"\n")
            except EvaluatorFailed:
                self._end()
                raise

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            self._end()

    def _exchange(self, line: bytes) -> dict[str, Any]:
        assert self._child is not None
        assert self._child.stdin is not None
        deadline = time.monotonic() + self._seconds
        try:
            self._child.stdin.write(line)
            self._child.stdin.flush()
        except OSError:
            raise EvaluatorFailed("the evaluator died") from None
        answer: dict[str, Any] = json.loads(self._read(deadline))
        return answer

    def _read(self, deadline: float) -> bytes:
        assert self._child is not None
        assert self._child.stdout is not None
        descriptor, data = self._child.stdout.fileno(), bytearray()
        while not data.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise EvaluatorFailed(f"the script took longer than {self._seconds:g} s")
            chunk = os.read(descriptor, 65_536)
            if not chunk or len(data) > LARGEST_ANSWER:
                raise EvaluatorFailed("the script crashed the evaluator")
            data += chunk
        return bytes(data)

    def _replace(self) -> None:
        self._end()
        self._served = 0
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, self._function, json.dumps(self._path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
            close_fds=True,
        )

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()
        self._child = None


def _confine() -> None:
    for limit, value in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (value, value))


def _without_network() -> None:
    """An empty network namespace where the kernel lets us have one; without it the other walls still stand."""
    unshare = getattr(os, "unshare", None)
    clone_newnet = 0x40000000
    try:
        if unshare is not None:
            unshare(clone_newnet)
        else:
            import ctypes

            ctypes.CDLL(None, use_errno=True).unshare(clone_newnet)
    except OSError:
        return


def serve(function: str, path: list[str]) -> None:
    """The child's side: answers requests until its input ends."""
    sys.path[:] = path
    module, name = function.split(":")
    evaluate = getattr(importlib.import_module(module), name)
    _without_network()
    _confine()
    for line in sys.stdin.buffer:
        answer = evaluate(json.loads(line))
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]))
