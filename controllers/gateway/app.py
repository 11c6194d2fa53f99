"""The gateway: the one door for nodes. It routes by a closed table, limits sizes and rates, and holds no trust key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controllers.gateway.limiter import Limiter, Rate
from controllers.gateway.routes import ROUTES, Route, Upstream
from controllers.gateway.upstream import CONNECT_SECONDS
from controllers.loop.metrics import Refuse, uncounted
from controllers.tls.caller import SENDER
from controllers.web import read_bounded

UPSTREAM_TIMEOUT_SECONDS = 10.0
BODY_SECONDS = 10.0
Forward = Callable[[Request], Awaitable[Response]]


def create(
    upstreams: Mapping[Upstream, str],
    rate: Rate,
    network: httpx.AsyncBaseTransport,
    body_seconds: float = BODY_SECONDS,
    refuse: Refuse = uncounted,
) -> Starlette:
    """The application; `upstreams` are base URLs, `network` leads to them."""
    timeout = httpx.Timeout(UPSTREAM_TIMEOUT_SECONDS, connect=CONNECT_SECONDS)
    client = httpx.AsyncClient(timeout=timeout, transport=network, trust_env=False)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await client.aclose()

    application = Starlette(lifespan=lifespan)
    limiter = Limiter(rate)
    for route in ROUTES:
        forward = _forwarder(route, upstreams[route.upstream], client, limiter, body_seconds, refuse)
        application.add_route(route.path, forward, methods=[route.method])
    application.add_route("/healthz", _healthy, methods=["GET"])
    application.add_exception_handler(HTTPException, _not_in_the_table(refuse))
    return application


async def _healthy(_: Request) -> Response:
    return JSONResponse({"state": "ok"})


def _not_in_the_table(refuse: Refuse) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        refuse("request", "NotFound")
        return answer(error.status_code, "NotFound", "the gateway passes on no such request")

    return handle


def _forwarder(
    route: Route, base: str, client: httpx.AsyncClient, limiter: Limiter, body_seconds: float, refuse: Refuse
) -> Forward:
    def turn_away(status: int, reason: str, message: str) -> Response:
        refuse("request", reason)
        return answer(status, reason, message)

    async def forward(request: Request) -> Response:
        address = request.client.host if request.client else "unknown"
        if not limiter.allows(address, time.monotonic()):
            return turn_away(429, "TooManyRequests", "too many requests from this network: wait a few seconds")
        try:
            async with asyncio.timeout(body_seconds):
                body = await read_bounded(request, route.body_limit)
        except TimeoutError:
            return turn_away(408, "TooSlow", f"the body did not come within {body_seconds:g} s")
        if body is None:
            return turn_away(413, "TooLarge", f"the body is larger than {route.body_limit} bytes")
        return await _call(client, route, base, body, address)

    return forward


async def _call(client: httpx.AsyncClient, route: Route, base: str, body: bytes, sender: str) -> Response:
    try:
        passed = await client.request(route.method, base + route.path, content=body, headers={SENDER: sender})
    except httpx.HTTPError:
        return answer(503, "Unavailable", f"the {route.upstream} does not answer: try again shortly")
    return Response(passed.content, passed.status_code, media_type=passed.headers.get("content-type"))


def answer(status: int, reason: str, message: str) -> JSONResponse:
    """A refusal as every endpoint words it."""
    return JSONResponse({"reason": reason, "message": message}, status)
