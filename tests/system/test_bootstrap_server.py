"""The bootstrap server on a real socket: TLS of firmware, paths that no client library would send, a full house."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from cli.demo.pki import Authority, Subject
from efi.bootstrap.app import create
from efi.bootstrap.offer import Catalogue
from efi.bootstrap.serving import CONNECTIONS, Address, configuration
from efi.bootstrap.shelf import Shelf
from efi.bootstrap.site import image_of
from efi.unpacked import Unpacked
from sal.testing import FakeRunner
from tests.unit.efi.bootstrap.server import METAL, site

IMAGE = "/sites/rack-7/metal/current/hardpan.efi"


@asynccontextmanager
async def serving(folder: Path, certificate: Path | None = None, key: Path | None = None) -> AsyncIterator[int]:
    """The port of a server with one site."""
    shelf = Shelf(folder / "shelf", Unpacked(folder, FakeRunner()))
    shelf.put(image_of(METAL), METAL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    application = create(Catalogue((site("rack-7", METAL),)), shelf)
    made = uvicorn.Server(configuration(application, Address("127.0.0.1", port, certificate, key)))
    running = asyncio.create_task(made.serve())
    while not made.started:
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        made.should_exit = True
        await running


async def _ask(port: int, path: str, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:
    """Status and body; the path is sent as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: boot.example\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_it_speaks_the_tls_of_firmware_and_of_browsers(tmp_path: Path, version: ssl.TLSVersion) -> None:
    authority = Authority(tmp_path, "test-ca")
    pair = authority.issue("boot", Subject("boot", addresses=("127.0.0.1",)))
    context = ssl.create_default_context(cafile=str(authority.pair.certificate))
    context.minimum_version = context.maximum_version = version
    async with serving(tmp_path, pair.certificate, pair.key) as port:
        assert await _ask(port, IMAGE, context) == (200, METAL)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/sites/rack-7/metal/current/../../../../../etc/passwd",
        "/sites/rack-7/metal/current/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/sites/rack-7/metal/current//etc/passwd",
        "/sites/./rack-7/metal/current/hardpan.efi",
        "//etc/passwd",
    ],
)
async def test_a_path_that_climbs_leads_nowhere(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as port:
        status, body = await _ask(port, path)
    assert (status, b"root:" in body) == (404, False)


async def test_a_full_house_turns_away_who_comes_and_serves_again_when_it_empties(tmp_path: Path) -> None:
    async with serving(tmp_path) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
        while (await _ask(port, "/healthz"))[0] != 503:
            await asyncio.sleep(0.01)
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        while (await _ask(port, "/healthz"))[0] != 200:
            await asyncio.sleep(0.01)
