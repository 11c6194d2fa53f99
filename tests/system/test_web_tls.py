"""Our HTTPS servers speak TLS 1.3 and nothing older."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from cli.demo.pki import Authority, Subject
from controllers.settings import Listen
from controllers.tls.contexts import Files
from controllers.web import server


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """The port of a server, and a client's context that trusts it."""
    authority = Authority(tmp_path, "test-ca")
    pair = authority.issue("gateway", Subject("gateway", addresses=("127.0.0.1",)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = uvicorn.Server(server(Starlette(), Listen("127.0.0.1", port, Files(pair.certificate, pair.key))))
    running = asyncio.create_task(made.serve())
    while not made.started:
        await asyncio.sleep(0.01)
    yield port, ssl.create_default_context(cafile=str(authority.pair.certificate))
    made.should_exit = True
    await running


async def test_a_client_of_today_is_served(served: tuple[int, ssl.SSLContext]) -> None:
    port, context = served
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
    writer.close()
    await writer.wait_closed()


async def test_an_older_protocol_is_refused(served: tuple[int, ssl.SSLContext]) -> None:
    port, context = served
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", port, ssl=context)
