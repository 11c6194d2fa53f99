"""A fresh Redis for each contestant and measurement: the same program for all, with TLS only where it is promised."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis

from bench.peers.environments import python_of
from bench.peers.field import Contestant
from bench.peers.processes import Group
from bench.peers.site import KeptNode, Site
from jobs.broker import Connection
from tests.system.node_site import free_port
from tests.system.redis_server import RedisServer

HERE = Path(__file__).parent
PLAIN_NODES = ("n-" + "a" * 26, "n-" + "b" * 26)
PASSWORD = "password"


@dataclass(frozen=True)
class Arena:
    """`command` and `environment` start the contestant's program; `client` may look at everything."""

    folder: Path
    client: Any
    command: list[str]
    environment: dict[str, str]

    def redis_seconds(self) -> float:
        """Processor time that Redis used so far."""
        used = self.client.info("cpu")
        return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


@contextmanager
def arena(contestant: Contestant, cores: str, workers: int) -> Iterator[Arena]:
    """For as long as the block lasts."""
    with TemporaryDirectory(prefix="hardpan-contest-") as name:
        folder = Path(name)
        with _with_tls(contestant, folder, workers) if contestant.tls else _plain(contestant, folder, workers) as made:
            server = int(made.client.info("server")["process_id"])
            os.sched_setaffinity(server, {int(core) for core in cores.split(",")})
            yield made


@contextmanager
def _plain(contestant: Contestant, folder: Path, workers: int) -> Iterator[Arena]:
    port = free_port()
    words = ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"]
    server = Group(["redis-server", *words], "0-1", folder / "redis.log", {})
    client, url = redis.Redis(port=port), f"redis://127.0.0.1:{port}"
    try:
        _wait(client)
        if contestant.ours:
            nowhere = Connection(url, "", "", folder, folder, folder)
            Site(False, PLAIN_NODES[:workers], nowhere, nowhere).keep(folder)
            yield Arena(folder, client, *_our_program(folder))
        else:
            program = HERE / "contestants" / f"with_{contestant.package}.py"
            yield Arena(folder, client, [str(python_of(contestant.package)), str(program), url], {})
    finally:
        client.close()
        server.stop()


@contextmanager
def _with_tls(contestant: Contestant, folder: Path, workers: int) -> Iterator[Arena]:
    server = RedisServer(folder / "redis")
    server.start()
    try:
        nodes = tuple(_make_node(folder, number) for number in range(workers)) if contestant.promised else PLAIN_NODES
        site = Site(contestant.promised, nodes[:workers], server.supervisor, server.connection("", PASSWORD))
        site.keep(folder)
        with server.operator() as client:
            _grant(site)
            yield Arena(folder, client, *_our_program(folder))
    finally:
        server.kill()


def _grant(site: Site) -> None:
    async def grant() -> None:
        broker = site.controller_broker()
        for node in site.nodes:
            await broker.grant(node, PASSWORD)
        await broker.close()

    asyncio.run(grant())


def _make_node(folder: Path, number: int) -> str:
    made = KeptNode(folder / f"making-{number}")
    made.executor.store.close()
    name = made.web.node
    (folder / f"making-{number}").rename(folder / name)
    return name


def _our_program(folder: Path) -> tuple[list[str], dict[str, str]]:
    root = HERE.parent.parent
    return [sys.executable, "-m", "bench.peers.ours", str(folder)], {"PYTHONPATH": f"{root}:{root / 'node-agent'}"}


def _wait(client: Any) -> None:
    for _ in range(500):
        try:
            client.ping()
            return
        except redis.ConnectionError:
            time.sleep(0.02)
    raise RuntimeError("redis-server does not answer")
