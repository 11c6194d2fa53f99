"""The gateway: the one door for nodes. It routes by a closed table, limits sizes and rates, and holds no trust key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controllers.gateway.forwarding import Forwarder, Means, refusal
from controllers.gateway.limiter import Limiter, Rate
from controllers.gateway.routes import MEBIBYTE, ROUTES, Upstream
from controllers.loop.metrics import Refuse, uncounted
from controllers.serving.budget import Budget

BODY_SECONDS = 10.0
UNDER_WAY = 24 * MEBIBYTE
AT_A_TIME = 16
"""Requests to one upstream. It does one thing at a time anyway, and for each request httpx looks through all the
others: with a hundred at a time two thirds of the gateway's processor went there."""


def create(
    upstreams: Mapping[Upstream, str],
    rate: Rate,
    network: httpx.AsyncBaseTransport,
    body_seconds: float = BODY_SECONDS,
    refuse: Refuse = uncounted,
) -> Starlette:
    """The application; `upstreams` are base URLs, `network` leads to them."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await network.aclose()

    application = Starlette(lifespan=lifespan)
    turns = {upstream: asyncio.Semaphore(AT_A_TIME) for upstream in upstreams}
    means = Means(network, Limiter(rate), Budget(UNDER_WAY), body_seconds, refuse)
    for route in ROUTES:
        url = httpx.URL(upstreams[route.upstream] + route.path)
        forward = Forwarder(route, url, turns[route.upstream], means).forward
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
        return refusal(error.status_code, "NotFound", "the gateway passes on no such request")

    return handle
