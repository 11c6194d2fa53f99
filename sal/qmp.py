"""QMP, QEMU's control protocol: one JSON object a line over a Unix socket, one client at a time.

A QEMU that its guest broke out of answers what it likes, as slowly as it likes: what is no answer is UnexpectedOutput,
and none is waited for longer than `timeout`, however much comes before it.
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sal.errors import Busy, UnexpectedOutput

LONGEST_LINE = 1 << 20
LONGEST_WORDS = 512


class Qmp:
    """A session with one machine; use it as a context. Raises Busy when QEMU does not answer in time."""

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        self._path, self._timeout = path, timeout
        self._socket: socket.socket | None = None
        self._buffer = b""
        self._deadline = 0.0

    def __enter__(self) -> Self:
        self._deadline = time.monotonic() + self._timeout
        self._socket = self._connect(self._deadline)
        try:
            if "QMP" not in self._read():
                raise UnexpectedOutput(f"{self._path} is no QMP socket")
            self.execute("qmp_capabilities")
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()

    def execute(self, command: str, **arguments: Any) -> Any:
        """The command's answer. Raises UnexpectedOutput with QEMU's words when it refuses."""
        request: dict[str, Any] = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        self._deadline = time.monotonic() + self._timeout
        self._send(json.dumps(request).encode() + b"\n")
        while True:
            answer = self._read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                error = answer["error"]
                words = error.get("desc", error) if isinstance(error, dict) else error
                raise UnexpectedOutput(f"QEMU refuses {command}: {str(words)[:LONGEST_WORDS]}")

    def record(self, command: str, **arguments: Any) -> dict[str, Any]:
        """As `execute`, for an answer with fields."""
        answer = self.execute(command, **arguments)
        if not isinstance(answer, dict):
            raise UnexpectedOutput(f"QEMU answers {command} with no record")
        return answer

    def records(self, command: str, **arguments: Any) -> list[dict[str, Any]]:
        """As `execute`, for an answer that is a list of records."""
        answer = self.execute(command, **arguments)
        if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
            raise UnexpectedOutput(f"QEMU answers {command} with no list of records")
        return answer

    def _connect(self, deadline: float) -> socket.socket:
        while True:
            opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            opened.settimeout(self._timeout)
            try:
                opened.connect(str(self._path))
                return opened
            except OSError as error:
                opened.close()
                if time.monotonic() >= deadline:
                    raise Busy(f"QEMU does not answer at {self._path}: {error}") from None
                time.sleep(0.02)

    def _send(self, data: bytes) -> None:
        assert self._socket is not None
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Busy(f"QEMU at {self._path} went away: {error}") from None

    def _read(self) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            self._buffer += self._receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            raise UnexpectedOutput(f"{self._path} speaks no JSON") from None
        if not isinstance(parsed, dict):
            raise UnexpectedOutput(f"{self._path} says something that is no message")
        return parsed

    def _receive(self) -> bytes:
        assert self._socket is not None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Busy(f"QEMU at {self._path} does not come to an answer")
        try:
            self._socket.settimeout(left)
            data = self._socket.recv(65_536)
        except OSError as error:
            raise Busy(f"QEMU at {self._path} does not answer: {error}") from None
        if not data or len(self._buffer) > LONGEST_LINE:
            raise Busy(f"QEMU at {self._path} went away")
        return data
