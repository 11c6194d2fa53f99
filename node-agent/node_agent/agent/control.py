"""The agent's side of the one seam: asks the executor, one connection per thread, made again when it breaks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from node_agent.errors import NeedsOperator, NodeError, Refused, TryAgain
from node_agent.messages import LARGEST_LINE, REPLY, Failed, Reply, Request

Expected = TypeVar("Expected", bound=Reply)
KINDS: dict[str, type[NodeError]] = {"try-again": TryAgain, "needs-operator": NeedsOperator, "refused": Refused}


class Executor(Protocol):
    """Who holds the keys."""

    def call(self, request: Request) -> Reply:
        """The reply. Raises TryAgain when the executor cannot be reached."""


def ask(executor: Executor, request: Request, expected: type[Expected]) -> Expected:
    """The reply of this type. Raises TryAgain, NeedsOperator or Refused with the executor's reason."""
    reply = executor.call(request)
    if isinstance(reply, Failed):
        raise KINDS[reply.kind](reply.reason, reply.message)
    if not isinstance(reply, expected):
        raise Refused("BadReply", f"the executor answered {request.type} with {reply.type}")
    return reply


@dataclass(frozen=True)
class DirectExecutor:
    """The executor in the same process, as if the socket were between."""

    respond: Callable[[Request], Reply]

    def call(self, request: Request) -> Reply:
        """See Executor."""
        return self.respond(request)


class SocketExecutor:
    """The executor behind its socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine = threading.local()

    def call(self, request: Request) -> Reply:
        """One line out, one line in."""
        try:
            connection = self._connection()
            connection.sendall(request.model_dump_json().encode() + b"\n")
            line = self._mine.lines.readline(LARGEST_LINE)
        except OSError as error:
            self._drop()
            raise TryAgain("ExecutorAway", f"the executor does not answer on {self._path}: {error.strerror}") from None
        if not line.endswith(b"\n"):
            self._drop()
            raise TryAgain("ExecutorAway", "the executor ended in the middle of a request; it is started again")
        return REPLY.validate_json(line)

    def _connection(self) -> socket.socket:
        if getattr(self._mine, "socket", None) is None:
            self._mine.socket = socket.socket(socket.AF_UNIX)
            self._mine.socket.connect(str(self._path))
            self._mine.lines = self._mine.socket.makefile("rb")
        connection: socket.socket = self._mine.socket
        return connection

    def close(self) -> None:
        """Ends this thread's connection; the next call makes a new one."""
        self._drop()

    def _drop(self) -> None:
        for each in (getattr(self._mine, "lines", None), getattr(self._mine, "socket", None)):
            if each is not None:
                each.close()
        self._mine.socket = self._mine.lines = None
