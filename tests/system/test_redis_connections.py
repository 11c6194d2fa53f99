"""The queue's connections: who says nothing loses them, and who works or waits does not notice."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.redis_controller import RedisControllerBroker
from jobs.redis_node import RedisNodeBroker
from jobs.server import IDLE_SECONDS, Room
from tests.system.redis_server import RedisServer
from tests.system.requirements import need
from tests.system.test_broker import RedisSite
from tests.unit.jobs.contract import NODE

pytestmark = pytest.mark.system
# Redis looks once a second, and counts whole ones.
PATIENCE, LATER = 1, 3.5


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server with few places, and as little patience as it can have."""
    need("redis")
    made = RedisServer(tmp_path, Room(connections=50))
    settings = tmp_path / "redis.conf"
    patient, hasty = f"timeout {IDLE_SECONDS}\n", f"timeout {PATIENCE}\n"
    assert patient in settings.read_text()
    settings.write_text(settings.read_text().replace(patient, hasty))
    made.start()
    yield made
    made.kill()


def strangers(server: RedisServer, count: int) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]


async def test_connections_that_say_nothing_are_soon_gone_and_a_node_comes_in(server: RedisServer) -> None:
    site = RedisSite(server)
    await site.begin()
    silent = strangers(server, 50)
    await asyncio.sleep(LATER)
    with server.client(server.connection(NODE, "password")) as node:
        assert node.ping()
    for each in silent:
        each.settimeout(2.0)
        assert each.recv(1) == b"", "it was told that it is over"
        each.close()
    await site.close()


async def test_a_node_that_waits_for_work_longer_than_that_goes_on_waiting(server: RedisServer) -> None:
    site = RedisSite(server)
    await site.begin()
    node = RedisNodeBroker(NODE, server.connection(NODE, "password"))
    node.put_heartbeat(b"{}")
    with server.operator() as there:
        received = int(there.info("stats")["total_connections_received"])
    began = time.monotonic()
    assert node.claim(LATER, pending=False) is None
    assert time.monotonic() - began > LATER - 0.5
    with server.operator() as there:
        assert int(there.info("stats")["total_connections_received"]) == received + 1, "nobody had to come anew"
    node.close()
    await site.close()


async def test_a_thread_that_waits_for_an_answer_gets_it_although_another_closes(server: RedisServer) -> None:
    site = RedisSite(server)
    await site.begin()
    node = RedisNodeBroker(NODE, server.connection(NODE, "password"))
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(node.claim, 2.0, pending=False)
        await asyncio.sleep(1.0)
        node.close()
        assert waiting.result(10.0) is None
    del node, waiting
    with server.operator() as there:
        assert not [each for each in there.client_list() if each["user"] == NODE], "nothing stays open behind it"
    await site.close()


async def test_what_was_cut_off_while_it_was_idle_comes_back_unnoticed(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    site = RedisSite(server)
    await site.begin()
    node = RedisNodeBroker(NODE, server.connection(NODE, "password"))
    supervisor = RedisControllerBroker(server.supervisor)
    node.put_heartbeat(b"one")
    assert await supervisor.heartbeats([NODE]) == {NODE: b"one"}
    with caplog.at_level(logging.INFO):
        await asyncio.sleep(LATER)
        node.put_heartbeat(b"two")
        assert await supervisor.heartbeats([NODE]) == {NODE: b"two"}
    assert not caplog.records
    node.close()
    await supervisor.close()
    await site.close()
