"""The gateway as a process, with a ledger behind it that takes nobody else's calls."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import socket
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from controllers.certificates.leaves import Leaf
from controllers.tls.contexts import Files
from sal.command import Process, spawn
from tests.system.node_site import free_port, wait_for
from tests.system.tls_site import GATEWAY, SERVER, Mounted, new_authority, serving

# A start reads half of Python, which takes its time where everything else starts too.
START_SECONDS = 90.0
OUTSIDE = Leaf("hardpan-gateway-tls", "hardpan-gateway", ("localhost",))


class Gateway:
    """The running process."""

    def __init__(self, folder: Path, ledger: str, own: Files, client: Files) -> None:
        self.port, self.log = free_port(), folder / "gateway.log"
        settings = {
            "HARDPAN_GATEWAY_LISTEN": f"0.0.0.0:{self.port}",
            "HARDPAN_GATEWAY_LISTEN_CERTIFICATE": str(own.certificate),
            "HARDPAN_GATEWAY_LISTEN_KEY": str(own.key),
            "HARDPAN_LEDGER_URL": ledger,
            "HARDPAN_UPSTREAM_CERTIFICATE": str(client.certificate),
            "HARDPAN_UPSTREAM_KEY": str(client.key),
            "HARDPAN_UPSTREAM_CA": str(client.authority),
            "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
        }
        words = [sys.executable, "-m", "controllers", "gateway"]
        self.process: Process = spawn(words, log=self.log, environment=settings)

    def listens(self) -> bool:
        """Whether it takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    async def ask(self, authority: bytes) -> tuple[int, str]:
        """What a node is answered over a new connection."""
        context = ssl.create_default_context(cadata=authority.decode())
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            answer = await client.post(f"https://localhost:{self.port}/v1/nodes/challenge", content=b"{}")
            return answer.status_code, answer.text


@pytest.fixture
def mounted(tmp_path: Path) -> tuple[Mounted, Mounted, Mounted]:
    """The files of the ledger, of the gateway as a server, and of the gateway as a client."""
    return Mounted(tmp_path / "ledger"), Mounted(tmp_path / "server"), Mounted(tmp_path / "client")


async def test_a_node_reaches_the_ledger_before_and_after_everything_was_renewed(
    tmp_path: Path, mounted: tuple[Mounted, Mounted, Mounted]
) -> None:
    old, new = new_authority("old"), new_authority("new")
    behind, own, client = mounted
    async with serving(behind.issue(SERVER, old)) as ledger:
        gateway = Gateway(tmp_path, ledger.base, own.issue(OUTSIDE, old), client.issue(GATEWAY, old))
        try:
            await asyncio.to_thread(wait_for, gateway.listens, "the gateway", START_SECONDS, gateway.log.read_text)
            assert await gateway.ask(old.pem.certificate) == (200, "127.0.0.1")
            for each, leaf in zip(mounted, (SERVER, OUTSIDE, GATEWAY), strict=True):
                each.issue(leaf, new)
            assert await gateway.ask(new.pem.certificate) == (200, "127.0.0.1")
            with pytest.raises(httpx.ConnectError):
                await gateway.ask(old.pem.certificate)
            own.put(dataclasses.replace(new.pem, key=b""), b"")
            assert await gateway.ask(new.pem.certificate) == (200, "127.0.0.1")
        finally:
            gateway.process.kill()
    assert gateway.log.read_text().count("cannot be used") == 1


async def test_a_gateway_with_the_certificate_of_a_node_reaches_nothing(
    tmp_path: Path, mounted: tuple[Mounted, Mounted, Mounted]
) -> None:
    site = new_authority()
    behind, own, client = mounted
    node = dataclasses.replace(GATEWAY, subject="n-" + "a" * 26)
    async with serving(behind.issue(SERVER, site)) as ledger:
        gateway = Gateway(tmp_path, ledger.base, own.issue(OUTSIDE, site), client.issue(node, site))
        try:
            await asyncio.to_thread(wait_for, gateway.listens, "the gateway", START_SECONDS, gateway.log.read_text)
            status, said = await gateway.ask(site.pem.certificate)
            assert (status, "the ledger does not answer" in said) == (503, True)
            assert ledger.asked == []
        finally:
            gateway.process.kill()


def test_a_gateway_that_would_speak_in_the_clear_does_not_start(
    tmp_path: Path, mounted: tuple[Mounted, Mounted, Mounted]
) -> None:
    site = new_authority()
    _, own, client = mounted
    files = own.issue(OUTSIDE, site), client.issue(GATEWAY, site)
    gateway = Gateway(tmp_path, "http://hardpan-ledger:8081", *files)
    assert gateway.process.wait(START_SECONDS)
    [line] = gateway.log.read_text().splitlines()
    assert line.startswith("gateway does not start: http://hardpan-ledger:8081 would be spoken to in the clear")
