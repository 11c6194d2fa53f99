"""A site whose gateway is answered by the real ledger, over objects in memory, and whose doors are the supervisor's."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from controllers.certified import shut_out
from controllers.ledger.app import create
from controllers.ledger.challenge import Challenges
from controllers.ledger.conflicts import Conflicts
from controllers.ledger.nodes import NodeReconciler
from controllers.ledger.presence import Presence
from controllers.ledger.registry import Registry
from controllers.ledger.reports import ReportDesk
from controllers.loop.conditions import condition
from controllers.loop.metrics import Metrics
from controllers.loop.objects import Object, ObjectKey
from controllers.loop.remembering import RememberingKube
from controllers.loop.testing.memory import MemoryKube
from controllers.supervisor.caches import Caches
from controllers.supervisor.doors import Doors
from controllers.trust_source import TrustSource
from tests.system.node_site import Site
from tests.unit.controllers.installed import RESOURCES
from trust.machine import peek
from trust.registration import (
    CREDENTIALS_TYPE,
    REGISTRATION_TYPE,
    CredentialsRequest,
    Registration,
)
from trust.snapshot import parse_bundle


def _now() -> datetime:
    return datetime.now(UTC)


class LedgerSite(Site):
    """`refused` are the reasons that nodes were given, in order."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.refused: list[str] = []
        self.server = MemoryKube(_now)
        self.kube = RememberingKube(self.server)
        self.source = TrustSource(self.cluster.id)
        self.call(self._compose())

    async def _compose(self) -> None:
        source = self.source
        await self._install(source)
        self.caches = Caches(source)
        nodes, clock = self.caches.nodes, asyncio.get_running_loop().time
        self.kube.remember(nodes)
        both = Presence(clock, _now, 1.0), Conflicts(clock), _now
        registry = Registry(self.kube, nodes, source.view, Challenges(b"k" * 32, clock), *both, lambda _: None)
        desk = ReportDesk(nodes, source, *both, lambda _: None)
        self.reconciler = NodeReconciler(self.kube, nodes, source.view, *both)
        self.doors = Doors(self.broker, self.caches)
        transport = httpx.ASGITransport(create(registry, desk, source, Metrics().refuse))
        self.ledger = httpx.AsyncClient(transport=transport, base_url="http://ledger")

    async def _install(self, source: TrustSource) -> None:
        bundle = parse_bundle(self.cluster.bundle())
        for record in bundle.records:
            body = {"metadata": {"name": record.name}, "spec": record.spec}
            source.records(record.kind).put(await self.server.create(RESOURCES[record.kind], body))
        spec = {"roots": [each.decode() for each in bundle.roots], "snapshot": bundle.snapshot.decode()}
        made = await self.server.create(RESOURCES["Trust"], {"metadata": {"name": "cluster"}, "spec": spec})
        source.caches[0].put(made)

    async def publish(self, name: str, release: dict[str, Any]) -> None:
        """A release stands in Kubernetes, and with it the snapshot as it is now."""
        body = {"metadata": {"name": name}, "spec": release}
        self.source.records("Release").put(await self.server.create(RESOURCES["Release"], body))
        (trust,) = self.source.caches[0].all()
        snapshot = parse_bundle(self.cluster.bundle()).snapshot.decode()
        self.source.caches[0].put(await self.server.patch(trust, {"spec": {"snapshot": snapshot}}))

    def answer(self, path: str, body: bytes) -> dict[str, Any]:
        """What the real ledger says; a refusal is raised under its reason."""
        if path == "/v1/nodes/credentials":
            self._check_door(peek(body, CREDENTIALS_TYPE, CredentialsRequest).node)
            return super().answer(path, body)
        if path == "/v1/nodes/register":
            registration = peek(body, REGISTRATION_TYPE, Registration)
            self.nodes[registration.node] = registration
        status, answer = self.call(self._ask(path, body))
        if status != 200:
            self._refuse(answer["reason"], answer["message"])
        return dict(answer)

    async def _ask(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        answer = await self.ledger.post(path, content=body)
        for node in self.caches.nodes.all():
            await self.reconciler.reconcile(node.key)
        return answer.status_code, json.loads(answer.content)

    def _check_door(self, name: str) -> None:
        if why := shut_out(self.node(name), self.caches.certified):
            self._refuse("NodeConflict", why)

    def _refuse(self, reason: str, message: str) -> None:
        self.refused.append(reason)
        raise type(reason, (Exception,), {})(message)

    def node(self, name: str) -> Object:
        """The Node."""
        found = self.caches.nodes.get(ObjectKey("", name))
        assert found is not None, f"{name} has not registered"
        return found

    def said(self, name: str, type: str) -> tuple[str, str]:
        """Status and reason of a condition of the Node."""
        found = condition(self.node(name).status, type) or {}
        return found.get("status", ""), found.get("reason", "")

    def shut(self) -> None:
        """The supervisor looks at its doors."""
        self.call(self.doors.look())

    def users(self) -> list[str]:
        """Who has a user in the queue's Redis."""
        return list(self.call(self.broker._redis.execute_command("ACL USERS")))

    def decide(self, name: str, **fields: Any) -> None:
        """What an operator writes into the Node's spec."""
        self.call(self.kube.patch(self.node(name), {"spec": fields}))
        self.call(self.reconciler.reconcile(self.node(name).key))

    def revoke(self, *names: str) -> None:
        """`hardpan node revoke`: a new snapshot that lists them."""
        self.cluster.version += 1
        self.cluster.revoked_nodes = names
        bundle = parse_bundle(self.cluster.bundle())
        (held,) = self.source.caches[0].all()
        changed = self.call(self.server.patch(held, {"spec": {"snapshot": bundle.snapshot.decode()}}))
        self.source.caches[0].put(changed)

    def resolve(self, name: str) -> None:
        """`hardpan node resolve`."""
        told = condition(self.node(name).status, "Conflict")
        assert told is not None
        patch = {"spec": {"resolved": told["lastTransitionTime"]}}
        self.call(self.kube.patch(self.node(name), patch))
