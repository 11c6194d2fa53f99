"""The socket that a server listens on: who may not come in is sent away before a handshake costs anything.

A server's protocol hears of a connection after the handshake only, which a stranger need not begin.
"""

from __future__ import annotations

import socket
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from controllers.serving.door import Door

Refused = Callable[[], None]
# What the kernel holds of a connection is the process's memory too, and by itself it would hold megabytes.
KERNEL_BUFFER = 24 << 10


def listening(host: str, port: int, door: Door, refused: Refused) -> list[socket.socket]:
    """Sockets on every address of a host, behind one door. Raises OSError when it cannot be listened on."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with ExitStack() as failing:
        made: list[socket.socket] = []
        for family, _, _, _, address in dict.fromkeys(found):
            made.append(failing.enter_context(_Doorway(family, door, refused)))
            made[-1].bind(address)
        failing.pop_all()
    return made


class _Doorway(socket.socket):
    """A listening socket; `refused` is called for each connection that it sends away."""

    def __init__(self, family: int, door: Door, refused: Refused) -> None:
        # Where it does not say that it is TCP's, asyncio leaves Nagle's algorithm on: 40 ms for each answer.
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._door, self._refused = door, refused
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self.setsockopt(socket.SOL_SOCKET, buffer, KERNEL_BUFFER)
        if family == socket.AF_INET6:
            self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)

    def accept(self) -> tuple[socket.socket, Any]:
        """See socket.socket. Raises ConnectionAbortedError for who is not let in: the event loop goes on to others."""
        connection, address = super().accept()
        if not self._door.enter(address[0]):
            connection.close()
            self._refused()
            raise ConnectionAbortedError(f"no place for {address[0]}")
        return _Guest(connection, self._door, address[0]), address


class _Guest(socket.socket):
    """A connection that has its place until it is closed, however that comes about."""

    def __init__(self, accepted: socket.socket, door: Door, address: str) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._leave = weakref.finalize(self, door.leave, address)

    def close(self) -> None:
        """See socket.socket."""
        super().close()
        self._leave()
