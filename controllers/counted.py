"""Counts and times what a server of ours answers, by route and code; a stranger's path or code makes no new series."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controllers.loop.metrics import Metrics

CODES = frozenset({200, 400, 403, 404, 405, 408, 413, 429, 500, 502, 503, 504})
OTHER = "other"


@dataclass(frozen=True)
class Counted:
    """The application with every request counted. One whose client went before an answer began is not."""

    app: ASGIApp
    metrics: Metrics
    routes: Collection[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        route = scope["path"] if scope["path"] in self.routes else OTHER

        async def sending(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                code = message["status"] if message["status"] in CODES else OTHER
                self.metrics.requests.labels(self.metrics.role, route, code).inc()
            elif not message.get("more_body", False):
                seconds = time.perf_counter() - began
                self.metrics.request_seconds.labels(self.metrics.role, route).observe(seconds)

        await self.app(scope, receive, sending)


def count(app: Starlette, metrics: Metrics) -> None:
    """Has an application's requests counted, and shows a zero for each route: what never came is seen too."""
    routes = frozenset(each.path for each in app.routes if isinstance(each, Route))
    for route in routes:
        metrics.requests.labels(metrics.role, route, 200)
    app.add_middleware(Counted, metrics=metrics, routes=routes)
