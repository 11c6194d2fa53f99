"""One request passed on: within its network's rate, with a body and an answer for which there is memory."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controllers.gateway.limiter import Limiter
from controllers.gateway.passing import Passed
from controllers.gateway.routes import Route
from controllers.gateway.upstream import CONNECT_SECONDS
from controllers.loop.metrics import Refuse
from controllers.serving.budget import Budget
from controllers.tls.caller import SENDER
from controllers.web import length_within, peer_of, read_bounded

UPSTREAM_TIMEOUT_SECONDS = 10.0
# A whole client does for each call what none of these needs: cookies, redirects, signing in.
PATIENCE = {"timeout": httpx.Timeout(UPSTREAM_TIMEOUT_SECONDS, connect=CONNECT_SECONDS).as_dict()}


@dataclass(frozen=True)
class Means:
    """What all routes share."""

    network: httpx.AsyncBaseTransport
    limiter: Limiter
    budget: Budget
    body_seconds: float
    refuse: Refuse


@dataclass(frozen=True)
class Forwarder:
    """Passes requests of one route on to `url`, when it is their turn at that upstream."""

    route: Route
    url: httpx.URL
    turns: asyncio.Semaphore
    means: Means

    async def forward(self, request: Request) -> Response:
        """The upstream's answer, or a refusal."""
        address = peer_of(request)
        if not self.means.limiter.allows(address, time.monotonic()):
            return self._turn_away(429, "TooManyRequests", "too many requests from this network: wait a few seconds")
        amount = length_within(self.route.body_limit, request) + self.route.answer_limit
        if not await self.means.budget.take(address, amount):
            return self._turn_away(503, "Busy", "too much is under way, of this network or of all: try again shortly")
        try:
            answer = await self._answer(request, address)
        except BaseException:
            self.means.budget.give(address, amount)
            raise
        held = min(amount, len(answer.body))
        self.means.budget.give(address, amount - held)
        answer.over = lambda: self.means.budget.give(address, held)
        return answer

    async def _answer(self, request: Request, address: str) -> Passed:
        limit, seconds = self.route.body_limit, self.means.body_seconds
        try:
            async with asyncio.timeout(seconds):
                body = await read_bounded(request, limit)
        except TimeoutError:
            return self._turn_away(408, "TooSlow", f"the body did not come within {seconds:g} s")
        if body is None:
            return self._turn_away(413, "TooLarge", f"the body is larger than {limit} bytes")
        return await self._call(body, address)

    async def _call(self, body: bytes, sender: str) -> Passed:
        try:
            async with asyncio.timeout(UPSTREAM_TIMEOUT_SECONDS):
                await self.turns.acquire()
        except TimeoutError:
            return self._turn_away(503, "Busy", f"too many wait for the {self.route.upstream}: try again shortly")
        try:
            return await self._passed(body, sender)
        finally:
            self.turns.release()

    async def _passed(self, body: bytes, sender: str) -> Passed:
        upstream, limit = self.route.upstream, self.route.answer_limit
        try:
            given, content = await self._sent(body, sender)
        except httpx.HTTPError:
            return refusal(503, "Unavailable", f"the {upstream} does not answer: try again shortly")
        if len(content) > limit:
            return refusal(502, "TooLarge", f"the {upstream} answers with more than {limit} bytes")
        return Passed(content, given.status_code, media_type=given.headers.get("content-type"))

    async def _sent(self, body: bytes, sender: str) -> tuple[httpx.Response, bytes]:
        sent = httpx.Request(self.route.method, self.url, content=body, headers={SENDER: sender}, extensions=PATIENCE)
        given = await self.means.network.handle_async_request(sent)
        try:
            return given, await given.aread()
        finally:
            await given.aclose()

    def _turn_away(self, status: int, reason: str, message: str) -> Passed:
        self.means.refuse("request", reason)
        return refusal(status, reason, message)


def refusal(status: int, reason: str, message: str) -> Passed:
    """A refusal as every endpoint words it."""
    said = JSONResponse({"reason": reason, "message": message})
    return Passed(said.body, status, media_type=said.media_type)
