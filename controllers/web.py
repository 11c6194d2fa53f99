"""The little that our HTTP servers share: refusals as JSON, and uvicorn settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controllers.counted import count
from controllers.loop.errors import KubeError
from controllers.loop.metrics import Metrics, Refuse
from controllers.serving.door import Door
from controllers.serving.server import Config, Doorkeeper
from controllers.settings import Listen
from controllers.tls.caller import GATEWAY, admitting_only, sender_of
from controllers.tls.closing import ClosingPromptly
from controllers.tls.contexts import seconds_left, serving
from jobs.errors import JobsError
from trust.errors import Code, TrustError
from trust.strangers import LONGEST

Answer = Callable[[bytes, str], Awaitable[dict[str, Any]]]
LARGEST_BODY = 1 << 20
# Callers are few, a gateway has a hundred connections at most: with each at its dearest they take some 80 MiB.
CONNECTIONS = 1024


def endpoint(what: str, answer: Answer, count: Refuse) -> Callable[[Request], Awaitable[Response]]:
    """A handler that gives body and sender to `answer`, words its refusals and counts them as refusals of `what`.

    The gateway bounds each call more tightly; this bound is for who got past it.
    """

    def refuse(status: int, reason: str, message: str) -> Response:
        count(what, reason)
        return JSONResponse({"reason": reason, "message": message[:LONGEST]}, status)

    async def handle(request: Request) -> Response:
        body = await read_bounded(request, LARGEST_BODY)
        if body is None:
            return refuse(413, str(Code.TOO_LARGE), f"the body is larger than {LARGEST_BODY} bytes")
        try:
            return JSONResponse(await answer(body, sender_of(request)))
        except TrustError as error:
            return refuse(403, str(getattr(error, "code", "BadRequest")), str(error))
        except (JobsError, KubeError) as error:
            return JSONResponse({"reason": "Unavailable", "message": str(error)}, 503)

    return handle


def peer_of(request: Request) -> str:
    """The address at the other end of the connection."""
    return request.client.host if request.client else "unknown"


def length_within(limit: int, request: Request) -> int:
    """How long the body may come to be: up to the limit when it says nothing of its length."""
    said = request.headers.get("content-length", "")
    return min(int(said), limit) if said.isdecimal() else limit


async def read_bounded(request: Request, limit: int) -> bytes | None:
    """The body, or None as soon as it is larger than `limit` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def server(app: Starlette, listen: Listen, metrics: Metrics | None = None, connections: int = CONNECTIONS) -> Config:
    """How it is served; `metrics` count answers and who is turned away, and show when the certificate ends.

    Raises:
        BadSettings: its certificate cannot be used.
    """
    files, told = listen.tls, metrics or Metrics()
    context = serving(files) if files else None
    count(app, told)
    made = Config(
        app,
        Doorkeeper(Door(connections), lambda: told.refuse("connection", "TooManyConnections")),
        host=listen.host,
        port=listen.port,
        http=ClosingPromptly,
        ssl_context_factory=(lambda _, __: context) if context else None,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_keep_alive=75,
    )
    if files:
        told.certificate("server", lambda: seconds_left(files.certificate))
    if files and files.authority:
        made.http = admitting_only(GATEWAY, told.refuse)
    return made
