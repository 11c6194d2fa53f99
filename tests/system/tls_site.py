"""A folder of certificates as a pod has it, and servers of ours on it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from controllers.certificates.leaves import Leaf
from controllers.certificates.making import Authority, Pem, issue, make_authority
from controllers.certificates.soundness import authority_of
from controllers.loop.metrics import Metrics
from controllers.settings import Listen
from controllers.tls.caller import sender_of
from controllers.tls.contexts import Files
from controllers.web import server

SERVER = Leaf("hardpan-ledger-tls", "hardpan-ledger", ("localhost", "127.0.0.1"))
GATEWAY = Leaf("hardpan-gateway-client-tls", "gateway", serves=False, calls=True)


def new_authority(name: str = "test") -> Authority:
    """An authority of its own."""
    return authority_of(make_authority(name, datetime.now(UTC)))


@dataclass
class Mounted:
    """A Secret's files as kubelet mounts them: behind a link that is exchanged whole."""

    folder: Path
    versions: int = 0

    def put(self, pem: Pem, root: bytes) -> Files:
        """Exchanges all three files in one move."""
        self.folder.mkdir(exist_ok=True)
        version = self.folder / f"..{self.versions}"
        self.versions += 1
        version.mkdir()
        for name, data in {"tls.crt": pem.certificate, "tls.key": pem.key, "ca.crt": root}.items():
            (version / name).write_bytes(data)
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        (self.folder / "..next").symlink_to(version.name)
        os.replace(self.folder / "..next", self.folder / "..data")
        return self.files()

    def issue(self, leaf: Leaf, authority: Authority) -> Files:
        """A certificate of this authority, who is also whom the other end is checked by."""
        return self.put(issue(leaf, authority, datetime.now(UTC)), authority.pem.certificate)

    def files(self) -> Files:
        """Where they are."""
        return Files(self.folder / "tls.crt", self.folder / "tls.key", self.folder / "ca.crt")


@dataclass
class Served:
    """A server that says from whom a request came."""

    port: int
    metrics: Metrics
    asked: list[str]

    @property
    def base(self) -> str:
        """Where it is."""
        return f"https://localhost:{self.port}"

    def url(self, page: str = "sender") -> str:
        """Its page, or the one that takes its time."""
        return f"{self.base}/{page}"

    async def ask(self, context: ssl.SSLContext, **headers: str) -> str:
        """What it says to a new connection."""
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            return (await client.get(self.url(), headers=headers)).text

    async def shown(self, context: ssl.SSLContext, name: str = "localhost") -> bytes:
        """The certificate that a new connection is shown."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context, server_hostname=name)
        shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        assert shown is not None
        return shown


@asynccontextmanager
async def serving(files: Files) -> AsyncIterator[Served]:
    """A server that runs."""
    asked: list[str] = []

    async def say(request: Request) -> PlainTextResponse:
        asked.append(sender_of(request))
        return PlainTextResponse(asked[-1])

    async def hesitate(request: Request) -> PlainTextResponse:
        await asyncio.sleep(0.3)
        return await say(request)

    application = Starlette()
    application.add_route("/sender", say)
    application.add_route("/slow", hesitate)
    application.add_route("/v1/nodes/challenge", say, methods=["POST"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    metrics = Metrics()
    made = uvicorn.Server(server(application, Listen("127.0.0.1", port, files), metrics))
    running = asyncio.create_task(made.serve())
    while not made.started:
        await asyncio.sleep(0.01)
    try:
        yield Served(port, metrics, asked)
    finally:
        made.should_exit = True
        await running
