"""How the gateway reaches ledger and supervisor: in the clear on this machine, by its own certificate anywhere else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from controllers.loop.errors import BadSettings
from controllers.settings import Environment
from controllers.tls.caller import is_loopback
from controllers.tls.contexts import Files, calling, usable
from controllers.tls.fresh import Fresh

# No request takes as long, so that none is cut off when the connections of an old certificate are closed.
LAST_REQUESTS_SECONDS = 60.0


def client_files(values: Environment, urls: Iterable[str]) -> Files | None:
    """The gateway's certificate as a client; None where each of these URLs is this machine's. Raises BadSettings."""
    secure = [url for url in urls if not _is_plain(url)]
    if not secure:
        return None
    certificate, key = values.path("HARDPAN_UPSTREAM_CERTIFICATE"), values.path("HARDPAN_UPSTREAM_KEY")
    return Files(certificate, key, values.path("HARDPAN_UPSTREAM_CA"))


def _is_plain(url: str) -> bool:
    """Whether it is spoken to in the clear. Raises BadSettings where that is not to be."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSettings(f"{url!r} is no address of ledger or supervisor: it takes https://host:port")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise BadSettings(f"{url} would be spoken to in the clear: use https, or have it on 127.0.0.1")
    return parts.scheme == "http"


def network(files: Files | None) -> httpx.AsyncBaseTransport:
    """The way to the upstreams. Raises BadSettings when the files cannot be used."""
    if files is None:
        return httpx.AsyncHTTPTransport()
    with usable(files):
        return Renewed(files.all(), lambda: httpx.AsyncHTTPTransport(verify=calling(files)))


class Renewed(httpx.AsyncBaseTransport):
    """Requests go over connections of the newest certificate; those of the one before end when they are idle."""

    def __init__(self, files: Iterable[Path], make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._fresh = Fresh(files, make)
        self._used = self._fresh.current()
        self._ending: dict[httpx.AsyncBaseTransport, asyncio.Task[None]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.AsyncBaseTransport."""
        newest = self._fresh.current()
        if newest is not self._used:
            self._ending[self._used] = asyncio.create_task(self._end(self._used))
            self._used = newest
        return await self._used.handle_async_request(request)

    async def aclose(self) -> None:
        """Ends all connections at once."""
        for task in self._ending.values():
            task.cancel()
        for each in [self._used, *self._ending]:
            await each.aclose()

    async def _end(self, old: httpx.AsyncBaseTransport) -> None:
        await asyncio.sleep(LAST_REQUESTS_SECONDS)
        with contextlib.suppress(httpx.HTTPError):
            await old.aclose()
        del self._ending[old]
