"""Fakes of the test's seams: doors at which everything is well until a test of ours makes it otherwise."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cli.doctor.testing import NOW, FakeInstallation
from cli.errors import CliError
from cli.helm_test.ground import Ground
from cli.helm_test.settings import Guest, Server, Settings
from controllers.loop.objects import Json, ObjectKey, Resource
from node_agent.agent.gateway import Gateway
from node_agent.testing import FakeGateway

CLUSTER = "sha256:" + "a" * 64
GATEWAY = Server("https://hardpan-gateway.ns.svc:8443", "cp.example", Path("gateway.crt"))
QUEUE = Server("rediss://hardpan-redis.ns.svc:6380", "hardpan-redis.ns.svc", Path("queue.crt"))


@dataclass
class FakeReach:
    """Servers in memory; an error put under a URL into `failing` is raised there."""

    nodes: Gateway = field(default_factory=lambda: FakeGateway(b"", []))
    ends: datetime = NOW + timedelta(days=90)
    said: bytes = b""
    failing: dict[str, CliError] = field(default_factory=dict)

    def certificate_end(self, server: Server) -> datetime:
        """See Reach."""
        self._fail(server)
        return self.ends

    def answer(self, server: Server, request: bytes) -> bytes:
        """See Reach."""
        self._fail(server)
        return self.said

    def gateway(self, server: Server) -> Any:
        """See Reach."""
        return self.nodes

    def _fail(self, server: Server) -> None:
        if server.url in self.failing:
            raise self.failing[server.url]


@dataclass
class FakeDoor:
    """Objects in memory; `controllers` is called after each creation, to play what makes them Ready."""

    held: dict[tuple[str, ObjectKey], dict[str, Any]] = field(default_factory=dict)
    refusing: str = ""
    keeping: bool = False
    controllers: Callable[[dict[str, Any]], None] = lambda made: None
    created: list[Json] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def get(self, resource: Resource, name: str, namespace: str = "") -> dict[str, Any] | None:
        """See ClusterDoor."""
        return self.held.get((str(resource), ObjectKey(namespace, name)))

    def create(self, resource: Resource, body: Json, namespace: str, *, trial: bool = False) -> None:
        """See ClusterDoor."""
        if self.refusing:
            raise CliError(self.refusing)
        self.created.append(body)
        made: dict[str, Any] = copy.deepcopy(dict(body))
        self.controllers(made)
        self.held[str(resource), ObjectKey(namespace, str(body["metadata"]["name"]))] = made

    def delete(self, resource: Resource, name: str, namespace: str = "") -> None:
        """See ClusterDoor."""
        self.deleted.append(f"{resource} {ObjectKey(namespace, name)}")
        if not self.keeping:
            self.held.pop((str(resource), ObjectKey(namespace, name)), None)


def ground(
    reach: FakeReach | None = None,
    door: FakeDoor | None = None,
    installation: FakeInstallation | None = None,
    guest: Guest | None = None,
) -> Ground:
    """All of it, with these in their places."""
    settings = Settings("ns", CLUSTER, GATEWAY, QUEUE, guest)
    return Ground(settings, installation or FakeInstallation(now=NOW), door or FakeDoor(), reach or FakeReach())
