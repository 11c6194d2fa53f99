"""Fetches images by https from public addresses only: a tenant's URL must not reach what only this node can reach."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from socket import create_connection, socket
from urllib.parse import SplitResult, urljoin, urlsplit

from sal.errors import Busy, Refused
from sal.public_address import Resolver, resolve

MOST_REDIRECTS = 5
CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 1800.0
CHUNK = 1 << 20
_REDIRECTS = (301, 302, 303, 307, 308)


def fetch(
    url: str,
    context: ssl.SSLContext | None = None,
    *,
    resolver: Resolver = resolve,
    seconds: float = TOTAL_SECONDS,
) -> Iterator[bytes]:
    """The body of a URL in pieces; follows redirects, checking each anew. Raises Refused or Busy."""
    deadline = time.monotonic() + seconds
    context = context or ssl.create_default_context()
    for _ in range(MOST_REDIRECTS + 1):
        with _requested(url, context, resolver) as answer:
            if answer.status not in _REDIRECTS:
                yield from _body(answer, url, deadline)
                return
            url = urljoin(url, answer.headers.get("Location", ""))
    raise Refused(f"{url}: more than {MOST_REDIRECTS} redirects")


@contextmanager
def _requested(url: str, context: ssl.SSLContext, resolver: Resolver) -> Iterator[http.client.HTTPResponse]:
    parts, port = _parsed(url)
    host = parts.hostname or ""
    with closing(_Pinned(host, port, resolver(host, port), context)) as connection:
        try:
            connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
            answer = connection.getresponse()
        except (http.client.InvalidURL, UnicodeError) as error:
            raise Refused(f"{url!r} is no https URL: {error}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Busy(f"{url} cannot be fetched: {error}") from None
        yield answer


def _parsed(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise Refused(f"{url!r} is no https URL: {error}") from None
    if parts.scheme != "https" or not parts.hostname:
        raise Refused(f"{url!r} is no https URL")
    return parts, port


class _Pinned(http.client.HTTPSConnection):
    """Connects to the addresses that were checked, so that a second look-up cannot answer otherwise."""

    def __init__(self, host: str, port: int, addresses: tuple[str, ...], context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=context)
        self._addresses = addresses
        self._tls = context

    def connect(self) -> None:
        self.sock = self._tls.wrap_socket(self._plain(), server_hostname=self.host)

    def _plain(self) -> socket:
        *others, last = self._addresses
        for address in others:
            try:
                return create_connection((address, self.port), self.timeout)
            except OSError:
                continue
        return create_connection((last, self.port), self.timeout)


def _body(answer: http.client.HTTPResponse, url: str, deadline: float) -> Iterator[bytes]:
    if answer.status != 200:
        raise Busy(f"{url} answers {answer.status}: is the image there?")
    try:
        # As much as came, not as much as was asked for: a server that drips must not outlive the deadline.
        while chunk := answer.read1(CHUNK):
            yield chunk
            if time.monotonic() > deadline:
                raise Busy(f"{url} takes too long: is the server overloaded?")
    except (OSError, http.client.HTTPException) as error:
        raise Busy(f"{url} broke off: {error}") from None
    if answer.length:
        raise Busy(f"{url} broke off {answer.length} bytes before its end")
