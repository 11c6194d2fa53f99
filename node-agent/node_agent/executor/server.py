"""The executor's side of the one seam: a Unix socket, one thread per connection, JSON lines."""

from __future__ import annotations

import logging
import os
import socket
import socketserver
import struct
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from node_agent.messages import LARGEST_LINE, REQUEST, Failed, Reply, Request

log = logging.getLogger(__name__)
Handler = Callable[[Request], Reply]


def answer(line: bytes, handle: Handler) -> bytes:
    """The reply line to a request line; what cannot be read is answered as refused."""
    try:
        request = REQUEST.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reply: Reply = Failed(kind="refused", reason="BadRequest", message=f"{place}: {first['msg']}")
    else:
        reply = handle(request)
    return reply.model_dump_json().encode() + b"\n"


def peer_of(connection: socket.socket) -> int:
    """The uid at the other end, as the kernel knows it (SO_PEERCRED)."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", raw)
    return int(user)


class _Connection(socketserver.StreamRequestHandler):
    server: ExecutorServer

    def handle(self) -> None:
        if peer_of(self.connection) not in self.server.users:
            return
        while line := self.rfile.readline(LARGEST_LINE):
            self.wfile.write(answer(line, self.server.respond))
            if not line.endswith(b"\n"):
                # The rest of a line that is too long would be answered as requests of its own.
                return


class ExecutorServer(socketserver.ThreadingUnixStreamServer):
    """Serves root and one other user. The socket is made anew; the caller holds the lock of the state directory."""

    daemon_threads = True

    def __init__(self, path: Path, respond: Handler, user: int) -> None:
        self.respond = respond
        self.users = frozenset({0, user})
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Connection)
        os.chmod(path, 0o600)
        os.chown(path, user, -1)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is the agent's concern; it comes back."""
        log.debug("a connection of the agent ended early", exc_info=True)
