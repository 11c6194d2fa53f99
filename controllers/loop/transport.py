"""Requests to the API server over one session: kept-alive connections, bounded patience, renewed credentials."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from controllers.loop.access import Login
from controllers.loop.answers import Unauthenticated, error_of
from controllers.loop.errors import Unavailable

RETRY_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
LONGEST_RETRY_AFTER = 5.0
CONNECTIONS = 32
TIMEOUT = aiohttp.ClientTimeout(total=15, connect=3)
# A quiet spell must not cost the next write a TLS handshake.
KEEPALIVE_SECONDS = 75
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent as often as needed; `act` names it in messages."""

    method: str
    path: str
    act: str
    body: bytes | None = None
    content_type: str = JSON
    query: Mapping[str, str] | None = None


class Transport:
    """Sends calls. Make it inside the event loop that uses it."""

    def __init__(self, login: Login, randomness: random.Random) -> None:
        self._login = login
        self._random = randomness
        access = login()
        self._headers = access.as_http_headers()
        connector = aiohttp.TCPConnector(
            ssl=access.as_ssl_context(), limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS
        )
        self._session = aiohttp.ClientSession(
            access.server, connector=connector, timeout=TIMEOUT, headers={"Accept": JSON, "Accept-Encoding": "identity"}
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self._session.close()

    async def send(self, call: Call) -> dict[str, Any]:
        """The parsed answer. Tries again after 429, 5xx and lost connections, about 4 s long; raises KubeError."""
        for pause in RETRY_PAUSES:
            try:
                return await self._once(call)
            except Unauthenticated:
                self._headers = self._login().as_http_headers()
            except Unavailable as problem:
                await self._pause(pause, problem)
        return await self._once(call)

    async def _once(self, call: Call) -> dict[str, Any]:
        headers = {"Content-Type": call.content_type, **self._headers}
        try:
            async with self._session.request(
                call.method, call.path, data=call.body, headers=headers, params=call.query
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{call.act}: no answer from the API server ({error or type(error).__name__})") from error
        if answer.status >= 400:
            raise error_of(call.act, answer.status, content, answer.headers.get("Retry-After", ""))
        parsed: dict[str, Any] = json.loads(content)
        return parsed

    async def _pause(self, seconds: float, problem: Unavailable) -> None:
        jittered = seconds * self._random.uniform(0.5, 1.5)
        await asyncio.sleep(max(jittered, min(problem.retry_after, LONGEST_RETRY_AFTER)))
