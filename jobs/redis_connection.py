"""How both views connect: TLS 1.3 both ways, by the site's authority and no other, with bounded waits."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping
from typing import Any

import redis
from redis import SSLConnection
from redis.asyncio import ConnectionPool as AsyncConnectionPool
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio import SSLConnection as AsyncSSLConnection
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.broker import Connection

SOCKET_SECONDS = 10
CONNECT_SECONDS = 3
# A blocking read must answer before the socket gives up, else a quiet queue looks like a dead one.
LONGEST_BLOCK_SECONDS = 5.0


def options(connection: Connection) -> dict[str, Any]:
    """The keyword arguments of a client's `from_url`, besides its kind of connection."""
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


def block_milliseconds(seconds: float) -> int | None:
    """A waiting time as BLOCK takes it: None is not to wait at all, since 0 would be for ever."""
    return max(1, int(min(seconds, LONGEST_BLOCK_SECONDS) * 1000)) if seconds > 0 else None


def pinned(authority: str, certificate: str, key: str) -> ssl.SSLContext:
    """Trusts this authority alone; the client's own context would trust those of the system as well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cafile=authority)
    context.load_cert_chain(certificate, key)
    return context


class ClosingSocket(ssl.SSLSocket):
    """Closed when the peer is gone: wrap_socket asks for the peer first, and would leave it open (CPython 3.11)."""

    def getpeername(self) -> Any:
        """As a socket's.

        Raises:
            ConnectionResetError: the server went away before TLS began.
        """
        try:
            return super().getpeername()
        except OSError as error:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "the server went away before TLS began") from error


class PinnedConnection(SSLConnection):
    """For threads. The files are read for each connection, so that a rotated certificate counts at once."""

    def _wrap_socket_with_ssl(self, sock: socket.socket) -> ssl.SSLSocket:
        context = pinned(str(self.ca_certs), str(self.certfile), str(self.keyfile))
        context.sslsocket_class = ClosingSocket
        return context.wrap_socket(sock, server_hostname=self.host)


class AsyncPinnedConnection(AsyncSSLConnection):
    """For asyncio. One that broke off comes back by the files as they are then: a pool keeps it for years."""

    def _connection_arguments(self) -> Mapping[str, Any]:
        files = self.ssl_context
        files.context = pinned(str(files.ca_certs), str(files.certfile), str(files.keyfile))
        return super()._connection_arguments()


def node_client(connection: Connection) -> Any:
    """For threads. No call is repeated unseen: a claim whose answer was lost would lie pending, and nobody looks."""
    return redis.Redis.from_url(
        connection.url, connection_class=PinnedConnection, **options(connection), retry=Retry(NoBackoff(), 0)
    )


def controller_client(connection: Connection) -> Any:
    """For asyncio. Every call may be repeated without harm; once, as a pooled connection may have died unnoticed."""
    pool: Any = AsyncConnectionPool.from_url(connection.url, **options(connection), retry=AsyncRetry(NoBackoff(), 1))
    # The asyncio client takes the kind of connection from the URL alone.
    pool.connection_class = AsyncPinnedConnection
    return AsyncRedis.from_pool(pool)
