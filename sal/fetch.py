"""Fetches images by https from public addresses only: a tenant's URL must not reach what only this node can reach."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from sal.errors import Busy, Refused

MOST_REDIRECTS = 5
CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 1800.0
CHUNK = 1 << 20
OVERLAY = ipaddress.ip_network("400::/7")


def is_public(address: str) -> bool:
    """Whether an address is in the public internet: not private, link-local, loopback, multicast or overlay."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(str(mapped))
    return parsed.is_global and not parsed.is_multicast and parsed not in OVERLAY


def resolve(host: str, port: int) -> str:
    """The first address of a host when all of them are public. Raises Refused or Busy."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Busy(f"{host} cannot be resolved: {error}") from None
    addresses = [str(each[4][0]) for each in found]
    for address in addresses:
        if not is_public(address):
            raise Refused(f"{host} is at {address}, which is not a public address: images come from public hosts only")
    return addresses[0]


def fetch(url: str, context: ssl.SSLContext | None = None) -> Iterator[bytes]:
    """The body of a URL in pieces; follows redirects, checking each anew. Raises Refused or Busy."""
    deadline = time.monotonic() + TOTAL_SECONDS
    for _ in range(MOST_REDIRECTS):
        connection, answer = _request(url, context or ssl.create_default_context())
        if answer.status in (301, 302, 303, 307, 308):
            url = urljoin(url, answer.headers.get("Location", ""))
            connection.close()
            continue
        if answer.status != 200:
            connection.close()
            raise Busy(f"{url} answers {answer.status}: is the image there?")
        yield from _body(connection, answer, url, deadline)
        return
    raise Refused(f"{url}: more than {MOST_REDIRECTS} redirects")


def _request(url: str, context: ssl.SSLContext) -> tuple[http.client.HTTPSConnection, http.client.HTTPResponse]:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Refused(f"{url!r} is no https URL")
    port = parts.port or 443
    address = resolve(parts.hostname, port)
    connection = _Pinned(parts.hostname, address, port, context)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        return connection, connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise Busy(f"{url} cannot be fetched: {error}") from None


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was checked, so that a second look-up cannot answer otherwise."""

    def __init__(self, host: str, address: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=context)
        self._address = address
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def _body(
    connection: http.client.HTTPSConnection, answer: http.client.HTTPResponse, url: str, deadline: float
) -> Iterator[bytes]:
    try:
        while chunk := answer.read(CHUNK):
            if time.monotonic() > deadline:
                raise Busy(f"{url} takes longer than {TOTAL_SECONDS:.0f} s")
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise Busy(f"{url} broke off: {error}") from None
    finally:
        connection.close()
