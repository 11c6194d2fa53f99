"""Passes connections to the IPv6 loopback address on to the same port of the IPv4 one."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress


class Relay:
    """One port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("::1", port), family=socket.AF_INET6)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Takes no more."""
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=_pass_on, args=(near, far), daemon=True).start()


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    """Both ways, until one side has ended."""
    with near, far, selectors.DefaultSelector() as ready, suppress(OSError):
        ready.register(near, selectors.EVENT_READ, far)
        ready.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in ready.select():
                data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)
