"""A server that is being restarted resets connections at any moment; none of them may stay open on our side."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest

from jobs.redis_connection import ClosingSocket

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def reset_by_its_server() -> socket.socket:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        accepted.close()
    return client


@pytest.mark.system
def test_a_connection_that_was_reset_before_tls_is_closed_and_said_to_be_reset() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = ClosingSocket
    with pytest.raises(ConnectionResetError, match="before TLS began"):
        context.wrap_socket(reset_by_its_server(), server_hostname="redis")
