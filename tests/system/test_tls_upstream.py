"""The gateway takes its renewed client certificate into use while requests are under way."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from controllers.gateway import network as gateway
from controllers.gateway.network import network
from controllers.gateway.upstream import ToWhoLeads
from controllers.loop.errors import BadSettings
from controllers.tls.contexts import Files
from tests.system.tls_site import GATEWAY, SERVER, Mounted, new_authority, serving


def client(files: Files) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=ToWhoLeads(network(files)), trust_env=False)


async def test_after_a_renewal_it_is_heard_on_and_what_was_under_way_is_answered(tmp_path: Path) -> None:
    old, new = new_authority("old"), new_authority("new")
    behind, own = Mounted(tmp_path / "behind"), Mounted(tmp_path / "own")
    behind.issue(SERVER, old)
    async with serving(behind.files()) as served, client(own.issue(GATEWAY, old)) as calling:
        under_way = asyncio.create_task(calling.get(served.url("slow"), headers={"x-hardpan-sender": "first"}))
        await asyncio.sleep(0.1)
        behind.issue(SERVER, new)
        own.issue(GATEWAY, new)
        after = await calling.get(served.url(), headers={"x-hardpan-sender": "second"})
        assert after.text == "second"
        assert (await under_way).text == "first"


async def test_connections_of_the_certificate_before_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "LAST_REQUESTS_SECONDS", 0.05)
    authority, own = new_authority(), Mounted(tmp_path / "own")
    behind = Mounted(tmp_path / "behind").issue(SERVER, authority)
    async with serving(behind) as served, client(own.issue(GATEWAY, authority)) as calling:
        connections = [await _connection(calling, served.url()) for _ in range(2)]
        own.issue(GATEWAY, authority)
        connections.append(await _connection(calling, served.url()))
        await asyncio.sleep(0.2)
        assert connections[0] is connections[1]
        assert connections[2] is not connections[0]
        assert [each.fileno() < 0 for each in connections] == [True, True, False]


async def test_a_broken_file_leaves_the_certificate_before_in_use(tmp_path: Path) -> None:
    authority, own = new_authority(), Mounted(tmp_path / "own")
    behind = Mounted(tmp_path / "behind").issue(SERVER, authority)
    async with serving(behind) as served, client(own.issue(GATEWAY, authority)) as calling:
        own.files().certificate.write_bytes(b"")
        assert (await calling.get(served.url())).status_code == 200


def test_files_that_cannot_be_used_at_the_start_are_named(tmp_path: Path) -> None:
    own = Mounted(tmp_path / "own").issue(GATEWAY, new_authority())
    own.key.write_bytes(b"")
    with pytest.raises(BadSettings, match=f"{own.key}.* cannot be used together"):
        network(own)


async def _connection(calling: httpx.AsyncClient, url: str) -> socket.socket:
    async with calling.stream("GET", url) as answer:
        await answer.aread()
        found: socket.socket = answer.extensions["network_stream"].get_extra_info("socket")
    return found
