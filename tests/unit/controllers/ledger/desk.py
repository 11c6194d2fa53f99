"""A ledger in memory and machines that register and report, through its own endpoints."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from controllers.ledger.app import create
from controllers.ledger.challenge import Challenges
from controllers.ledger.conflicts import Conflicts
from controllers.ledger.nodes import NodeReconciler
from controllers.ledger.predecessor import MACHINE, by_machine
from controllers.ledger.presence import Presence
from controllers.ledger.registry import NODES, Registry
from controllers.ledger.reports import ReportDesk
from controllers.loop.cache import Cache
from controllers.loop.metrics import Metrics
from controllers.loop.objects import Json, Object, ObjectKey, Resource
from controllers.loop.remembering import RememberingKube
from controllers.loop.testing.memory import MemoryKube
from tests.unit.controllers.installed import install
from tests.unit.trust import world as trusted
from trust.keys import node_id
from trust.machine import sign
from trust.part import format_time
from trust.report import REPORT_TYPE, Report


class SlowKube(RememberingKube):
    """Others have their turn before a write is done."""

    async def create(self, resource: Resource, body: Json) -> Object:
        """See Kube."""
        await asyncio.sleep(0)
        return await super().create(resource, body)


class Ledger:
    """`seconds` is the time that passed; change `trust` before `begin`."""

    def __init__(self, **token: Any) -> None:
        self.trust = trusted.World()
        self.trust.records["JoinToken/rack"] = trusted.token(**token)
        self.seconds, self.metrics = 0.0, Metrics()
        self.woken: list[ObjectKey] = []
        self.server = MemoryKube(self.now)
        self.kube = SlowKube(self.server)
        self.nodes = Cache(NODES, indexes={MACHINE: by_machine})
        self.kube.remember(self.nodes)

    def now(self) -> datetime:
        """UTC."""
        return trusted.NOW + timedelta(seconds=self.seconds)

    async def begin(self) -> Ledger:
        """Reads trust and serves."""
        self.source = await install(self.server, self.trust)
        self.restart()
        return self

    def restart(self) -> None:
        """The ledger dies and starts anew; what it held in memory is gone."""
        self.presence, self.conflicts = Presence(lambda: self.seconds, self.now, 10.0), Conflicts(lambda: self.seconds)
        challenges, both = Challenges(b"k" * 32, lambda: self.seconds), (self.presence, self.conflicts, self.now)
        registry = Registry(self.kube, self.nodes, self.source.view, challenges, *both, self.woken.append)
        desk = ReportDesk(self.nodes, self.source, *both, lambda _: None)
        self.reconciler = NodeReconciler(self.kube, self.nodes, self.source.view, *both)
        transport = httpx.ASGITransport(create(registry, desk, self.source, self.metrics.refuse))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://ledger")

    async def renew(self, **snapshot: Any) -> None:
        """The operator signs a new snapshot."""
        self.trust.snapshot = {"version": 6, **snapshot}
        (held,) = self.source.caches[0].all()
        spec = {"snapshot": self.trust.snapshot_envelope().decode()}
        self.source.caches[0].put(await self.server.patch(held, {"spec": spec}))

    async def post(self, call: str, data: bytes) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer."""
        answer = await self.client.post(f"/v1/nodes/{call}", content=data)
        return answer.status_code, answer.json()

    async def nonce(self, machine: Machine) -> str:
        """A challenge."""
        code, answer = await self.post("challenge", json.dumps({"node": machine.id}).encode())
        assert code == 200
        return str(answer["nonce"])

    async def enrol(self, machine: Machine, **changes: Any) -> dict[str, Any]:
        """A whole registration; its answer."""
        code, answer = await self.post("register", machine.registration(self, await self.nonce(machine), **changes))
        assert code == 200, answer
        return answer

    async def look(self, machine: Machine) -> Object:
        """Reconciles a node; the Node."""
        await self.reconciler.reconcile(ObjectKey("", machine.id))
        found = self.nodes.get(ObjectKey("", machine.id))
        assert found is not None
        return found

    async def conditions(self, machine: Machine) -> Mapping[str, tuple[str, str]]:
        """Status and reason of each condition."""
        found = (await self.look(machine)).status["conditions"]
        return {each["type"]: (each["status"], each["reason"]) for each in found}


class Machine:
    """A machine with its keys; with `token`, it brings a certificate that the join token vouches for."""

    def __init__(self, name: str = "node", token: bool = True) -> None:
        self.name = name
        self.key = trusted.machine_key(name)
        self.id = node_id(self.key.public)
        self.certificate = trusted.vouched(name).decode() if token else None
        self.sequence = 0
        self.start = 1
        self.instance = f"{name} 1"
        self.copies = 0

    def registration(self, ledger: Ledger, nonce: str, **changes: Any) -> bytes:
        """A signed registration; `key` names another signer, all else are fields."""
        standing: dict[str, Any] = {
            "nonce": nonce, "time": format_time(ledger.now()), "certificate": self.certificate,
            "start": self.start, "instance": self.instance,
        }  # fmt: skip
        return trusted.registration(self.name, **(standing | changes))

    def again(self, start: int = 0) -> Machine:
        """The machine after a restart; two of them are copies of one disk."""
        self.copies += 1
        made = Machine(self.name, token=self.certificate is not None)
        made.start, made.instance = start or self.start + 1, f"{self.name} {self.start} {self.copies}"
        made.sequence = self.sequence + 1000
        return made

    def report(self, ledger: Ledger, **changes: Any) -> bytes:
        """The next signed report."""
        self.sequence += 1
        key = changes.pop("key", self.key)
        fields = {
            "cluster": trusted.CLUSTER, "node": self.id, "boot": "boot-1", "start": self.start,
            "sequence": self.sequence, "time": format_time(ledger.now()), "uptimeSeconds": 10**9, "snapshotVersion": 5,
            "capacity": {"cpus": 4, "memory": 1 << 32, "disk": 1 << 36}, "table": [], "bin": [],
        } | changes  # fmt: skip
        return sign(REPORT_TYPE, Report.from_wire(fields).to_bytes(), key, self.id)
