"""An event loop whose TLS connections cost little; neither uvicorn nor aiohttp passes these settings on."""

from __future__ import annotations

import asyncio
from asyncio import sslproto
from typing import Any

HANDSHAKE_SECONDS = 10.0
GOODBYE_SECONDS = 5.0
# As much as a TLS record holds. asyncio's own are 256 KiB, which each connection has from its first moment on.
BUFFER = 16 << 10


class ServingLoop(asyncio.SelectorEventLoop):
    """Its servers wait so long for a TLS handshake, and less than half a minute for a good-bye in TLS.

    Buffers are small from now on for every TLS connection of the process: a supervisor calls by sixty of them.
    """

    def __init__(self, handshake_seconds: float = HANDSHAKE_SECONDS) -> None:
        super().__init__()
        sslproto.SSLProtocol.max_size = BUFFER
        self._handshake_seconds = handshake_seconds

    async def create_server(self, *words: Any, **options: Any) -> asyncio.Server:
        """See asyncio."""
        if options.get("ssl"):
            options |= {"ssl_handshake_timeout": self._handshake_seconds, "ssl_shutdown_timeout": GOODBYE_SECONDS}
        made: asyncio.Server = await super().create_server(*words, **options)
        return made
