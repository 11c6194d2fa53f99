"""Has the site's own Redis take renewed TLS files into use: it reads them only when somebody tells it to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.broker import Connection
from jobs.redis_connection import controller_client
from jobs.redis_errors import translated


@dataclass(frozen=True)
class ServerTls:
    """The files of Redis, where Redis itself finds them."""

    certificate: Path
    key: Path
    authority: Path

    @classmethod
    def within(cls, folder: Path) -> ServerTls:
        """As a Secret is mounted."""
        return cls(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")


async def renew_server(
    connection: Connection, files: ServerTls, client: Callable[[Connection], Any] = controller_client
) -> None:
    """New connections are served by the files as they are now, open ones go on.

    Raises:
        JobsError: Redis is away, forbids it, or cannot use the files; then it goes on with those it has.
    """
    words = ["tls-cert-file", files.certificate, "tls-key-file", files.key, "tls-ca-cert-file", files.authority]
    redis = client(connection)
    try:
        with translated():
            await redis.execute_command("CONFIG SET", *map(str, words))
    finally:
        await redis.aclose()
