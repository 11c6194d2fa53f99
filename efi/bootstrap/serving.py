"""Runs the bootstrap server until it is told to stop."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

CONNECTIONS = 256
IDLE_SECONDS = 30


@dataclass(frozen=True)
class Address:
    """Where it listens; with a certificate and its key it speaks HTTPS."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


def configuration(app: Starlette, address: Address) -> uvicorn.Config:
    """How uvicorn serves it. Who comes when the server is full is told to come again."""
    return uvicorn.Config(
        app,
        host=address.host,
        port=address.port,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        ssl_context_factory=_tls_of_firmware if address.certificate else None,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
    )


def _tls_of_firmware(_: uvicorn.Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """TLS 1.2 and newer: not all firmware knows 1.3."""
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def serve(app: Starlette, address: Address) -> None:
    """Serves until SIGTERM or SIGINT."""
    uvicorn.Server(configuration(app, address)).run()
