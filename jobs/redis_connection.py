"""How both views connect: TLS both ways, bounded waits, and no silent repetition beyond what the view can bear."""

from __future__ import annotations

from typing import Any

from jobs.broker import Connection

SOCKET_SECONDS = 10
CONNECT_SECONDS = 3
# A blocking read must answer before the socket gives up, else a quiet queue looks like a dead one.
LONGEST_BLOCK_SECONDS = 5.0


def options(connection: Connection) -> dict[str, Any]:
    """The keyword arguments of a client's `from_url`."""
    return {
        "username": connection.username,
        "password": connection.password,
        "ssl_ca_certs": str(connection.authority),
        "ssl_certfile": str(connection.certificate),
        "ssl_keyfile": str(connection.key),
        "ssl_check_hostname": True,
        "socket_timeout": SOCKET_SECONDS,
        "socket_connect_timeout": CONNECT_SECONDS,
    }


def block_milliseconds(seconds: float) -> int:
    """A waiting time as BLOCK takes it, where 0 would be for ever."""
    return max(1, int(min(seconds, LONGEST_BLOCK_SECONDS) * 1000))
