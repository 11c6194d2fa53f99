"""A server of ours: uvicorn behind a door."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette

from controllers.loop.errors import ProcessEnded
from controllers.serving.door import Door
from controllers.serving.doorway import Refused, listening

ACCEPTED_AT_A_TIME = 8
"""In one turn of the event loop. asyncio takes all that came: in a crowd every handshake is under way then, few end in
time, and the work for the others is lost: of ten thousand in a minute 432 were answered, and with this 7,434."""

WAITING_OUTSIDE = 256
"""For so many the kernel keeps a place, a second or two of work. Whose first packet is dropped sends it again."""


@dataclass(frozen=True)
class Doorkeeper:
    """The door of a server, and who hears of each connection that was sent away there."""

    door: Door
    refused: Refused


class Config(uvicorn.Config):
    """uvicorn's settings, and the door."""

    def __init__(self, app: Starlette, doorkeeper: Doorkeeper, **options: Any) -> None:
        super().__init__(app, **options)
        self.doorkeeper = doorkeeper


class Server(uvicorn.Server):
    """Takes connections through the door, where its settings have one."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server. Raises ProcessEnded when it cannot listen."""
        own = self._behind_door() if sockets is None else sockets
        self.config.backlog = ACCEPTED_AT_A_TIME
        await super().startup(own)
        for each in own or ():
            # asyncio has one number for both.
            each.listen(WAITING_OUTSIDE)

    def _behind_door(self) -> list[socket.socket] | None:
        config = self.config
        if not isinstance(config, Config):
            return None
        try:
            return listening(config.host, config.port, config.doorkeeper.door, config.doorkeeper.refused)
        except OSError as error:
            raise ProcessEnded(f"cannot listen on {config.host}:{config.port}: {error}") from None
