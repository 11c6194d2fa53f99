"""Finds, of the replicas behind an upstream's name, the one that leads: only it listens, those that stand by refuse.

The name must lead to every replica (a headless Service). A request goes to a second address only when no connection
to the first came about, so none is ever delivered twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

CONNECT_SECONDS = 1.0
Resolve = Callable[[str], Awaitable[list[str]]]


async def addresses_of(host: str) -> list[str]:
    """The addresses behind a name; of an address, itself. Raises OSError."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class ToWhoLeads(httpx.AsyncBaseTransport):
    """Sends each request to the address that answered last, or else to the first that takes a connection."""

    def __init__(self, inner: httpx.AsyncBaseTransport, resolve: Resolve = addresses_of) -> None:
        self._inner, self._resolve = inner, resolve
        self._leading: dict[str, str] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.AsyncBaseTransport. Raises httpx.TransportError."""
        refused = httpx.ConnectError(f"nothing is behind the name {request.url.host}", request=request)
        async for address in self._candidates(request):
            try:
                return await self._send(request, address)
            except httpx.TransportError as error:
                self._forget(request.url.host, address)
                if not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    raise
                refused = httpx.ConnectError(str(error), request=request)
        raise refused

    async def aclose(self) -> None:
        """See httpx.AsyncBaseTransport."""
        await self._inner.aclose()

    async def _send(self, request: httpx.Request, address: str) -> httpx.Response:
        """The certificate must still be that of the name."""
        sent = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        answer = await self._inner.handle_async_request(sent)
        self._leading[request.url.host] = address
        return answer

    def _forget(self, host: str, address: str) -> None:
        """Who failed is not asked first again; whom another request found meanwhile stays."""
        if self._leading.get(host) == address:
            del self._leading[host]

    async def _candidates(self, request: httpx.Request) -> AsyncIterator[str]:
        """Who answered last, unless it fails now; the name is looked up only after that."""
        if known := self._leading.get(request.url.host):
            yield known
        for address in await self._addresses(request):
            if address != known:
                yield address

    async def _addresses(self, request: httpx.Request) -> list[str]:
        try:
            return await self._resolve(request.url.host)
        except OSError as error:
            raise httpx.ConnectError(f"the name {request.url.host} is not known: {error}", request=request) from None
