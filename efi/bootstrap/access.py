"""One line in the log for each request: who took what. Refusals and join tokens have lines of their own."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from efi.bootstrap.offer import WITH_TOKEN

log = logging.getLogger(__name__)
LONGEST = 200


class AccessLog:
    """Wraps an application. A log that leaves out lines of a flood counts each of the three kinds by itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, sent = time.monotonic(), 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            status = message.get("status", status)
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            _tell(scope, status, f"{sent} bytes in {time.monotonic() - began:.2f} s")


def _tell(scope: Scope, status: int, amount: str) -> None:
    client = scope["client"][0] if scope.get("client") else "unknown"
    text = f"{scope['method']} {status} to {client}, {amount}"
    extra = {"object": scope["path"][:LONGEST]}
    if not 200 <= status < 400:
        log.warning(text, extra=extra)
    elif WITH_TOKEN in scope["path"]:
        log.info("%s, with a join token", text, extra=extra)
    else:
        log.info(text, extra=extra)
