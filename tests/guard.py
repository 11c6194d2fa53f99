"""Keeps unit tests off the machine: whoever opens a socket or starts a program meets an error that nobody swallows.

An audit hook sees what any library does, by whatever name it calls it. A hook stays for the life of the process, so
there is one, which looks at the guard in force.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PROGRAMS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"}
)
NETWORK = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})


class TouchedTheMachine(BaseException):
    """A unit test reached for a program or a socket. Not an Exception, so that `except Exception` lets it through."""


@dataclass
class Guard:
    """What unit tests tried while it was in force, in order."""

    attempts: list[str] = field(default_factory=list)

    def check(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises TouchedTheMachine for an audit event of a program or a socket."""
        if event in PROGRAMS or event in NETWORK or _foreign_socket(event, arguments):
            self.attempts.append(f"{event} {arguments[1:] if event.startswith('socket') else arguments[:1]}")
            raise TouchedTheMachine(
                f"a unit test may not do {self.attempts[-1]}: use the fake of that seam, or move it to tests/system"
            )


def _foreign_socket(event: str, arguments: tuple[Any, ...]) -> bool:
    """A Unix socket that is neither bound nor connected is half of a pair: every event loop has one."""
    return event == "socket.__new__" and arguments[1] != socket.AF_UNIX


_in_force: list[Guard] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _in_force:
        _in_force[-1].check(event, arguments)


sys.addaudithook(_hook)


@contextmanager
def guarded() -> Iterator[Guard]:
    """The guard is in force within."""
    guard = Guard()
    _in_force.append(guard)
    try:
        yield guard
    finally:
        _in_force.remove(guard)
