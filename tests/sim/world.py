"""A whole simulated cloud from one seed: API server, Redis, control plane, nodes, people, and what happened to them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from controllers.coord import app as coord
from controllers.ledger import app as ledger
from controllers.loop.errors import Conflict, NotFound, Refused
from controllers.loop.objects import NAMESPACE, Object, ObjectKey, resource_of
from controllers.loop.process import Compose
from controllers.loop.settings import LoopSettings
from controllers.settings import Listen
from controllers.supervisor import app as supervisor
from controllers.supervisor.caches import MACHINES, MARKS
from controllers.supervisor.credentials import SiteAuthority
from crds.deployment import DEPLOYMENT
from crds.meta import DEPLOYMENT_UID_LABEL, REMOVALS_AGREED_UNTIL
from crds.node import NODE
from crds.supervisor import SUPERVISOR
from jobs.broker import Connection
from jobs.testing import MemoryControllerBroker
from tests.sim.api import Server
from tests.sim.clock import BEGINNING, MachineClock
from tests.sim.history import History
from tests.sim.node import Node
from tests.sim.people import DAY, SUPERVISOR_NAME, TENANTS, Evaluator, Operator, User, Wish
from tests.sim.plane import Controller
from tests.sim.process import Crash, Process
from tests.sim.queues import Redis, SupervisorQueue
from tests.sim.truth import Truth
from tests.sim.weather import Weather
from trust.part import format_time

DEPLOYMENTS = resource_of(DEPLOYMENT)
NODES = resource_of(NODE)
LISTEN = Listen("127.0.0.1", 1)
REPORT_SECONDS = 60.0


class Authority(SiteAuthority):
    """Certificates for TLS that nobody speaks here."""

    def issue(self, node: str, public: bytes, now: Any) -> bytes:
        """See SiteAuthority."""
        return b"a certificate"


class World:
    """Make it inside a simulated loop. `crash` is asked at every write of every process."""

    def __init__(self, seed: str, folder: Path, nodes: int = 1) -> None:
        loop = asyncio.get_running_loop()
        self.weather = Weather(seed)
        self.history = History(loop.time)
        self.clock = MachineClock(loop.time)
        self.api = Server(MachineClock(loop.time).now, self.history)
        self.redis = Redis(loop.time)
        self.operator = Operator()
        self.user = User(self.operator.cluster)
        self.crash: Crash = lambda *_: False
        self.revisions: dict[ObjectKey, int] = {}
        self.wanted: dict[ObjectKey, int] = {}
        self.wishes: dict[tuple[ObjectKey, int], Wish] = {}
        self.spoiled: set[ObjectKey] = set()
        self.truth = Truth(self.operator.cluster, TENANTS)
        self.quiet_since = float("inf")
        self._folder = folder
        self.controllers = {name: self._controller(name, compose) for name, compose in self._composed().items()}
        self.nodes = [self._node(number) for number in range(nodes)]

    def _controller(self, name: str, compose: Callable[[Process], Compose]) -> Controller:
        return Controller(name, compose, self.api, self.clock, self.weather, self.history, self._dies)

    def _dies(self, process: Process, what: str, when: str) -> bool:
        return self.crash(process, what, when)

    def _composed(self) -> dict[str, Callable[[Process], Compose]]:
        cluster = self.operator.cluster
        ca = self._folder / "site-ca.pem"
        ca.write_text("an authority")
        settings = supervisor.Settings(
            loop=LoopSettings(f"supervisor-{SUPERVISOR_NAME}"),
            name=SUPERVISOR_NAME,
            cluster=cluster,
            key=self.operator.supervisor_key,
            redis=Connection("rediss://redis", "supervisor", "", ca, ca, ca),
            queue_url="rediss://redis",
            authority=Authority(ca, ca),
            listen=LISTEN,
        )
        return {
            "ledger": lambda _: ledger.compose(cluster, LISTEN, REPORT_SECONDS),
            "coord": lambda _: coord.compose(cluster, "hardpan-system"),
            f"supervisor-{SUPERVISOR_NAME}": lambda process: supervisor.compose(
                settings, lambda _: SupervisorQueue(self.redis, process, self.weather), Evaluator
            ),
        }

    def _node(self, number: int) -> Node:
        upstreams = {
            "ledger": lambda: self.controllers["ledger"].serving,
            "supervisor": lambda: self.controllers[f"supervisor-{SUPERVISOR_NAME}"].serving,
        }
        medium = self.operator.medium()
        return Node(number, self._folder, medium, self.redis, upstreams, self.weather, self.history, self._dies)

    async def begin(self) -> None:
        """Installs trust and tenants, starts the control plane, boots the nodes."""
        # This operator agrees to every removal beforehand: users here delete more in ten minutes than the brake allows.
        agreed = {REMOVALS_AGREED_UNTIL: format_time(BEGINNING + 365 * DAY)}
        for definition, record in self.operator.records:
            metadata = {"name": record.name, **({"annotations": agreed} if definition == SUPERVISOR else {})}
            await self.api.create(resource_of(definition), {"metadata": metadata, "spec": record.spec})
        definition, spec = self.operator.snapshot()
        await self.api.create(resource_of(definition), {"metadata": {"name": "cluster"}, "spec": spec})
        for namespace in TENANTS:
            await self.api.create(NAMESPACE, {"metadata": {"name": namespace}})
        for controller in self.controllers.values():
            controller.start()
        for node in self.nodes:
            node.start()

    async def apply(self, wish: Wish, **changes: Any) -> None:
        """kubectl apply of a newly signed revision."""
        key = ObjectKey(wish.namespace, wish.name)
        self.revisions[key] = revision = self.revisions.get(key, 0) + 1
        spec = self.user.sign(wish, revision, **changes)
        self.truth.sign(key, revision, wish.plan)
        self.wishes[key, revision] = wish
        held = self.find(key)
        if await self.put(key, spec) and (held is None or held.deletion_timestamp is None):
            self.wanted[key] = revision
            self.spoiled.discard(key)
            self.truth.apply(key, revision, asyncio.get_running_loop().time())

    async def spoil(self, key: ObjectKey, spec: dict[str, Any]) -> None:
        """An edit that nobody may accept."""
        if await self.put(key, spec):
            self.spoiled.add(key)

    async def put(self, key: ObjectKey, spec: dict[str, Any]) -> bool:
        """kubectl apply of a spec as it is; whether the API server took it."""
        self.history.note("user", "applies", str(key), revision=spec.get("revision"), params=spec.get("params"))
        with suppress(Conflict, NotFound, Refused):
            held = self.find(key)
            if held is None:
                await self.api.create(
                    DEPLOYMENTS, {"metadata": {"namespace": key.namespace, "name": key.name}, "spec": spec}
                )
            else:
                await self.api.patch(held, {"spec": spec})
            return True
        return False

    async def forge(self, node: str, uid: str, envelope: bytes, documents: dict[str, bytes]) -> None:
        """Whoever has the supervisor's password can place anything."""
        if not self.redis.down:
            await MemoryControllerBroker(self.redis).enqueue(node, uid, 1, envelope, documents)

    async def suspend(self, key: ObjectKey, wanted: bool) -> None:
        """kubectl patch of the one field that nobody signs."""
        self.history.note("user", "suspends" if wanted else "resumes", str(key))
        held = self.find(key)
        if held is not None:
            with suppress(Conflict, NotFound, Refused):
                await self.api.patch(held, {"spec": {"suspend": wanted}})

    async def drain(self, node: Node, wanted: bool) -> None:
        """kubectl hardpan drain, or uncordon."""
        held = next((each for each in self.api.objects(NODES) if each.name == node.id), None)
        if held is not None:
            self.history.note(node.name, "drains" if wanted else "undrained", "")
            with suppress(Conflict, NotFound, Refused):
                await self.api.patch(held, {"spec": {"draining": wanted}})

    async def delete(self, key: ObjectKey) -> None:
        """kubectl delete --wait=false."""
        self.history.note("user", "deletes", str(key))
        held = self.find(key)
        if held is not None:
            self.truth.delete(key, asyncio.get_running_loop().time())
            await self.api.delete(held)

    def marked(self, key: ObjectKey) -> int | None:
        """The revision in a deployment's mark."""
        marks = [each.spec for each in self.api.objects(MARKS)]
        return next((each["revision"] for each in marks if (each["namespace"], each["name"]) == key), None)

    def children(self, seen: Object) -> list[Object]:
        """The machines of this very object."""
        return [each for each in self.api.objects(MACHINES) if each.labels.get(DEPLOYMENT_UID_LABEL) == seen.uid]

    def find(self, key: ObjectKey) -> Object | None:
        """A deployment as it is."""
        return next((each for each in self.api.objects(DEPLOYMENTS) if each.key == key), None)

    def close(self) -> None:
        """Everything dies."""
        for controller in self.controllers.values():
            controller.process.kill()
        for node in self.nodes:
            node.executor.kill()
            node.agent.kill()
            node.close()


def folder() -> tempfile.TemporaryDirectory[str]:
    """Where the nodes of a simulation keep their state: in memory, for SQLite waits for its disk."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="hardpan-sim-", dir=memory if memory.is_dir() else None)
