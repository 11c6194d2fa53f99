"""Keeps the bundled queue's certificate current: its own process does not notice that the files were renewed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from jobs.broker import Connection
from jobs.errors import JobsError
from jobs.renewal import ServerTls, renew_server

log = logging.getLogger(__name__)
# A certificate is renewed a month before its end, so that an hour or a hundred does not matter.
RENEW_SECONDS = 600.0


@dataclass(frozen=True)
class QueueRenewal:
    """Tells Redis again and again: only Redis knows whether the files differ from those that it has."""

    connection: Connection
    files: ServerTls

    async def follow(self) -> None:
        """Tells it for ever."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await renew_server(self.connection, self.files)
            except JobsError as error:
                log.warning("the queue goes on with the certificate it has: %s", error)
