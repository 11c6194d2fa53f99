"""What our processes of the contest share: how to reach the queue, and which nodes there are."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import redis
from redis.asyncio import Redis as AsyncRedis

from jobs.broker import Connection
from jobs.redis_connection import controller_client, node_client
from jobs.redis_controller import RedisControllerBroker
from jobs.redis_node import RedisNodeBroker
from node_agent.memory_host import MemoryHost
from node_agent.settings import CapacitySettings, NodeSettings
from node_agent.testing import FakeClock
from tests.unit.node_agent.build import GIB, machine_item
from tests.unit.node_agent.cluster import Cluster, Tenancy
from tests.unit.node_agent.node import Node

FILE = "site"


@dataclass(frozen=True)
class Site:
    """`promised`: real signed jobs and the real executor; else an opaque job that is only fetched and ended."""

    promised: bool
    nodes: tuple[str, ...]
    supervisor: Connection
    node: Connection

    def keep(self, folder: Path) -> None:
        """For the processes that work in this folder."""
        (folder / FILE).write_bytes(pickle.dumps(self))

    @property
    def plain(self) -> bool:
        """Without TLS and users, as the peers have it."""
        return self.supervisor.url.startswith("redis://")

    def controller_broker(self) -> RedisControllerBroker:
        """The supervisor's end."""
        return RedisControllerBroker(self.supervisor, _plain_controller if self.plain else controller_client)

    def node_broker(self, number: int) -> RedisNodeBroker:
        """A node's end."""
        name = self.nodes[number]
        own = replace(self.node, username=name)
        return RedisNodeBroker(name, own, _plain_node if self.plain else node_client)


def load(folder: Path) -> Site:
    """As it was kept."""
    site = pickle.loads((folder / FILE).read_bytes())
    assert isinstance(site, Site)
    return site


def _plain_controller(connection: Connection) -> Any:
    return AsyncRedis.from_url(connection.url)


def _plain_node(connection: Connection) -> Any:
    return redis.Redis.from_url(connection.url)


class KeptNode(Node):
    """A node whose folder one process makes and another works on; its deployment is one machine."""

    def __init__(self, folder: Path) -> None:
        if folder.exists():
            self.cluster, self.host, self.clock = Cluster(), MemoryHost(), FakeClock()
            capacity = CapacitySettings(cpus=8, memory=8 * GIB, disk=100 * GIB)
            self.settings = NodeSettings(medium=folder / "medium", state=folder / "state", capacity=capacity)
            self.start()
        else:
            folder.mkdir()
            super().__init__(folder)
        self.web = Tenancy(self.cluster, self.service.identity.node, {("machine", "web-0"): machine_item()})

    def job(self, uid: str) -> bytes:
        """A signed order of what is there already: nothing has to be done."""
        return self.web.ensure(uid, ("machine", "web-0", 1, 1))

    def ensure_present(self) -> None:
        """So that jobs find what they order: the host is in memory and forgets."""
        self.runner.run("first", 1, self.job("first"), self.web.documents())
