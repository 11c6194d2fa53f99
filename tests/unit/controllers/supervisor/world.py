"""A region in memory: API server, coord, supervisor, queue and nodes that obey the real gate. Time moves when told.

`settle` lets everything happen that happens by itself at this moment; `after` lets time pass as well.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from controllers.coord import reconcile as coord
from controllers.coord.liveness import Liveness
from controllers.loop.cache import Cache
from controllers.loop.controller import Controller, RequeueAfter, Watch
from controllers.loop.errors import KubeError
from controllers.loop.informer import Informer, WatchEvent
from controllers.loop.metrics import Metrics
from controllers.loop.objects import LEASE, Object, ObjectKey, Resource, resource_of
from controllers.loop.queue import WorkQueue
from controllers.loop.remembering import RememberingKube
from controllers.loop.testing.memory import MemoryKube
from controllers.loop.waking import Route
from controllers.review import Reviewer
from controllers.supervisor.accept import Judge
from controllers.supervisor.apply import Hands
from controllers.supervisor.caches import DEPLOYMENTS, JOBS, MACHINES, MARKS, NODES, VOLUMES, Caches
from controllers.supervisor.inbox import REPORT_SECONDS, Inbox
from controllers.supervisor.orders import Desk
from controllers.supervisor.reconcile import Reconciler
from controllers.supervisor.reports import Reports
from controllers.trust_source import TrustSource
from crds.trust import TRUST
from jobs.testing import MemoryControllerBroker, MemoryRedis
from plans.evaluate import evaluate
from plans.evaluator import InProcess
from tests.unit.controllers.supervisor.fake_node import FakeNode
from tests.unit.trust import world as trusted
from trust.part import format_time
from trust.snapshot import Bundle

IMAGE = "https://images.example/guest.raw#sha256=" + "1" * 64
SCRIPT = """
for i in 0..params.replicas {
  machine(`web-${i}`, #{ cpus: 1, memory: params.memory, image: params.image });
}
"""
WITH_VOLUMES = """
for i in 0..params.replicas {
  let data = volume(`data-${i}`, #{ size: params.size });
  machine(`web-${i}`, #{ cpus: 1, memory: params.memory, image: params.image,
                         volumes: [#{ volume: data, mount: "/data" }] });
}
"""
PARAMS = {"replicas": 1, "memory": "256Mi", "image": IMAGE, "size": "64Mi"}
SUPERVISOR = "eu"
SYSTEM = "hardpan-system"
Conditions = dict[str, tuple[str, str, str]]


def only(**changes: Any) -> dict[str, Any]:
    """Parameters with these changes."""
    return PARAMS | changes


class World:
    """`trust` is what operators and users sign with; change it and call `renew`."""

    def __init__(self, *names: str) -> None:
        self.seconds, self.metrics = 1000.0, Metrics()
        self.server = MemoryKube(self.now)
        self.kube = RememberingKube(self.server)
        self.redis = MemoryRedis(lambda: self.seconds)
        self.broker = MemoryControllerBroker(self.redis)
        self.trust = trusted.World(snapshot={"version": 1})
        ceilings = {"machines": 200, "cpus": 200, "memory": 1 << 40, "volumes": 200, "storage": 1 << 42}
        self.trust.records["Tenant/a"] = trusted.tenant("alice", "bob", ceilings=ceilings)
        self.nodes = [FakeNode(name, self.redis, self.now) for name in names or ("node",)]
        self.lease = 1
        self.seen_errors: list[KubeError] = []
        self.looked = 0.0
        self.server.listen(self._hear)
        self._start()

    def now(self) -> datetime:
        """The time of all who are in this world."""
        return trusted.NOW + timedelta(seconds=self.seconds - 1000.0)

    def _start(self) -> None:
        source = TrustSource(trusted.CLUSTER)
        self.caches = Caches(source)
        self.reports = Reports(
            self.broker, self.caches.certified, trusted.CLUSTER, lambda: self.seconds, self.metrics.refuse
        )
        self.inbox = Inbox(self.broker, self.caches, self.reports, lambda key: self.controller.queue.add(key))
        desk = Desk(SUPERVISOR, trusted.machine_key("supervisor"), trusted.CLUSTER, lambda: self.lease)
        hands = Hands(self.kube, self.broker, self.caches, desk)
        self.reconciler = Reconciler(
            SUPERVISOR, self.kube, self.broker, self.caches, self.reports, self.inbox,
            Judge(Reviewer(InProcess()), self.metrics.refuse), hands, self.now, self.metrics.refuse,
        )  # fmt: skip
        self.controller = Controller("supervisor", self.caches.watches, self.reconciler.reconcile, queue=self._queue())
        self.liveness = Liveness(self.server, SYSTEM, lambda: self.seconds)
        wanted, machines, volumes = coord.deployments(), coord.machines(), coord.volumes()
        assigner = coord.Reconciler(self.kube, wanted, machines, volumes, source, self.liveness, self.now)
        watches = [Watch(wanted), Watch(machines, lambda _: ()), Watch(volumes, lambda _: ())]
        self.coord = Controller("coord", watches, assigner.reconcile, queue=self._queue())
        self.controllers: tuple[Controller, ...] = (self.coord, self.controller)
        routes = [Route(watch.cache, watch.to_keys, each.queue) for each in self.controllers for watch in each.watches]
        self.informer = Informer(self.kube, source.caches, routes, randomness=random.Random(0))
        self._remember([route.cache for route in routes])

    def _queue(self) -> WorkQueue[ObjectKey]:
        return WorkQueue(lambda: self.seconds, random.Random(0))

    def _remember(self, caches: Iterable[Cache]) -> None:
        for cache in caches:
            self.kube.remember(cache)

    def _hear(self, event: WatchEvent) -> None:
        if event.object.resource in self.informer.resources:
            self.informer.deliver(event)

    async def restart(self) -> None:
        """The supervisor and coord die and start anew; what they held in memory is gone."""
        self.kube = RememberingKube(self.server)
        self.lease += 1
        self._start()
        await self.liveness.look([SUPERVISOR])
        await self.informer.sync()
        self.informer.begin()

    # What operators do -----------------------------------------------------------------------------------------------

    async def begin(self) -> World:
        """Installs trust, a lease and the nodes."""
        metadata = {"name": f"hardpan-supervisor-{SUPERVISOR}", "namespace": SYSTEM}
        spec = {"holderIdentity": "me", "leaseDurationSeconds": 10**9}
        await self.server.create(LEASE, {"metadata": metadata, "spec": spec})
        await self.renew()
        for node in self.nodes:
            await self.register(node)
        await self.restart()
        await self.settle()
        return self

    async def renew(self, **snapshot: Any) -> None:
        """Signs a new snapshot over the records as they are, and applies all of it."""
        version = self.trust.snapshot["version"] + 1
        times = {"issued": format_time(self.now()), "expires": format_time(self.now() + 13 * trusted.DAY)}
        self.trust.snapshot = {**self.trust.snapshot, "version": version, **times, **snapshot}
        await self.install(self.trust.bundle())

    async def install(self, bundle: Bundle) -> None:
        """Applies a bundle's objects as they are; records beside them go."""
        roots = [each.decode() for each in bundle.roots]
        await self.put(resource_of(TRUST), "cluster", {"roots": roots, "snapshot": bundle.snapshot.decode()})
        kinds = {cache.resource.kind: cache.resource for cache in self.caches.trust.caches}
        for record in bundle.records:
            await self.put(kinds[record.kind], record.name, dict(record.spec))
        names = {(record.kind, record.name) for record in bundle.records}
        for kind, resource in kinds.items():
            for seen in self.server.objects(resource):
                if kind != "Trust" and (kind, seen.name) not in names:
                    await self.server.delete(seen)

    async def put(self, resource: Resource, name: str, spec: Mapping[str, Any]) -> Object:
        """`kubectl apply` of a cluster-scoped object."""
        found = self.find(resource, name, "")
        if found is None:
            return await self.server.create(resource, {"metadata": {"name": name}, "spec": dict(spec)})
        return found if found.spec == spec else await self.server.patch(found, {"spec": replacing(found.spec, spec)})

    async def register(self, node: FakeNode) -> None:
        """The ledger's word on a node that is approved and reports."""
        spec = {
            "signingKey": node.certificate.signing_key, "registration": trusted.registration(node.name).decode(),
            "token": "rack", "certificate": trusted.vouched(node.name, region=node.region).decode(),
        }  # fmt: skip
        await self.server.create(NODES, {"metadata": {"name": node.id}, "spec": spec})
        await self.say(node)

    async def say(self, node: FakeNode, ready: str = "True", reason: str = "Reporting", approved: str = "True") -> None:
        """The ledger's conditions of a node."""
        seen = self.find(NODES, node.id, "")
        assert seen is not None
        cpus, memory, disk = node.capacity
        word = "ApprovedByToken" if approved == "True" else reason
        conditions = [
            {"type": kind, "status": status, "reason": why, "lastTransitionTime": format_time(self.now())}
            for kind, status, why in (("Approved", approved, word), ("Ready", ready, reason))
        ]
        status = {
            "region": node.region, "site": "lab", "labels": dict(node.certificate.labels), "conditions": conditions,
            "capacity": {"cpus": cpus, "memory": memory, "disk": disk},
        }  # fmt: skip
        await self.server.apply_status(seen, status, "hardpan-ledger")

    async def lose(self, node: FakeNode) -> None:
        """The node goes dark and the ledger notices."""
        node.down = True
        await self.after(40)
        await self.say(node, "Unknown", "Lost")
        await self.settle()

    async def find_again(self, node: FakeNode) -> None:
        """The node is back."""
        node.down = False
        await self.say(node)
        await self.settle()

    async def delete_node(self, node: FakeNode) -> None:
        """`kubectl delete nodes.hardpan.dev`."""
        seen = self.find(NODES, node.id, "")
        assert seen is not None
        await self.server.delete(seen)
        await self.settle()

    async def decide(self, node: FakeNode, **fields: Any) -> None:
        """What an operator writes into the spec of a node; `None` takes a field away."""
        seen = self.find(NODES, node.id, "")
        assert seen is not None
        await self.server.patch(seen, {"spec": fields})
        await self.settle()

    async def forget(self, node: FakeNode) -> None:
        """`kubectl hardpan node remove --forget`."""
        await self.decide(node, removal="Forget")

    async def drain(self, node: FakeNode) -> None:
        """`kubectl hardpan node drain`."""
        await self.decide(node, cordoned=True, draining=True)

    # What tenants do -------------------------------------------------------------------------------------------------

    def manifest(
        self, name: str = "web", revision: int = 1, script: str = SCRIPT, by: str = "alice", **fields: Any
    ) -> dict[str, Any]:
        """A signed Deployment. Fields of the spec beside these go into it before it is signed."""
        spec: dict[str, Any] = {
            "language": 1, "script": script, "params": PARAMS, "revision": revision,
            "notBefore": format_time(self.now()), "expires": format_time(self.now() + 60 * trusted.DAY), **fields,
        }  # fmt: skip
        spec.setdefault("plan", evaluate(script, spec["params"]).plan.digest if "plan" not in fields else "")
        tenant = self.trust.records["Tenant/a"]
        return signed(spec, name, str(tenant["id"]), str(tenant["namespace"]), by)

    async def apply(self, manifest: Mapping[str, Any], settle: bool = True) -> Object:
        """`kubectl apply`, with the webhook switched off."""
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        found = self.find(DEPLOYMENTS, name, namespace)
        if found is None:
            made = await self.server.create(DEPLOYMENTS, manifest)
        else:
            made = await self.server.patch(found, {"spec": replacing(found.spec, manifest["spec"])})
        if settle:
            await self.settle()
        return made

    async def deploy(self, name: str = "web", revision: int = 1, script: str = SCRIPT, **params: Any) -> Object:
        """Signs and applies."""
        return await self.apply(self.manifest(name, revision, script, params=only(**params)))

    async def edit(self, name: str = "web", **fields: Any) -> None:
        """Changes fields of the spec without a new signature."""
        found = self.deployment(name)
        await self.server.patch(found, {"spec": fields})
        await self.settle()

    async def delete(self, resource: Resource = DEPLOYMENTS, name: str = "web", settle: bool = True) -> None:
        """`kubectl delete --wait=false`."""
        found = self.find(resource, name)
        assert found is not None, f"there is no {resource} {name}"
        await self.server.delete(found)
        if settle:
            await self.settle()

    # Time ------------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Lets everything happen that is due at this moment."""
        for _ in range(1000):
            if not await self._turn():
                return
        raise AssertionError("this does not come to rest")

    async def after(self, seconds: float, step: float = 0.0) -> None:
        """Lets time pass, a step at a time: a second each at first, later ten."""
        begun, end = self.seconds, self.seconds + seconds
        while self.seconds < end:
            self.seconds = min(end, self.seconds + (step or (1.0 if self.seconds < begun + 10 else 10.0)))
            await self.settle()

    async def _turn(self) -> bool:
        before = len(self.server.writes)
        worked = await self._work() + sum(node.beat() for node in self.nodes)
        if not self.redis.down:
            await self.inbox.read()
            if self.seconds >= self.looked + REPORT_SECONDS:
                self.looked = self.seconds
                await self.inbox.look()
        return bool(worked or await self._work() or len(self.server.writes) != before)

    async def _work(self) -> int:
        """Reconciles what is due; how many keys."""
        done = 0
        for controller in self.controllers:
            await _yield()
            controller.queue.ripen()
            while len(controller.queue):
                await self._reconcile(controller)
                await _yield()
                done += 1
        return done

    async def _reconcile(self, controller: Controller) -> None:
        queue = controller.queue
        key = await queue.take()
        assert key is not None
        try:
            outcome = await controller.reconcile(key)
        except KubeError as error:
            self.seen_errors.append(error)
            queue.fail(key)
        else:
            queue.succeed(key)
            if isinstance(outcome, RequeueAfter):
                queue.add_after(key, outcome.seconds)
        finally:
            queue.done(key)

    # What is to be seen ----------------------------------------------------------------------------------------------

    def find(self, resource: Resource, name: str, namespace: str = "a") -> Object | None:
        """An object of the server."""
        return next((each for each in self.server.objects(resource, namespace) if each.name == name), None)

    def deployment(self, name: str = "web") -> Object:
        """A deployment that is there."""
        found = self.find(DEPLOYMENTS, name)
        assert found is not None, f"there is no deployment {name}"
        return found

    def names(self, resource: Resource) -> list[str]:
        """The names of all objects of a kind."""
        return [each.name for each in self.server.objects(resource)]

    @property
    def left(self) -> list[str]:
        """Everything of deployments that the API server still has."""
        return [f"{kind.kind}/{name}" for kind in (DEPLOYMENTS, MACHINES, VOLUMES, JOBS) for name in self.names(kind)]

    def said(self, resource: Resource = DEPLOYMENTS, name: str = "web") -> Conditions:
        """The conditions of an object: status, reason, message."""
        found = self.find(resource, name)
        assert found is not None, f"there is no {resource} {name}"
        conditions = found.status.get("conditions") or ()
        return {each["type"]: (each["status"], each["reason"], each.get("message", "")) for each in conditions}

    @property
    def mark(self) -> Object:
        """The one mark."""
        (found,) = self.server.objects(MARKS)
        return found

    def writes(self, since: int = 0) -> dict[str, int]:
        """Writes after the first `since`, by kind and verb."""
        found = Counter(f"{each.resource.kind} {each.verb}" for each in self.server.writes[since:])
        return dict(sorted(found.items()))


def signed(spec: Mapping[str, Any], name: str, tenant: str, namespace: str, *people: str) -> dict[str, Any]:
    """A Deployment whose spec these people signed for this place."""
    from trust.deployment import signed_body

    body = signed_body(trusted.CLUSTER, tenant, namespace, name, spec)
    texts = [{"keyID": each.key_id, "signature": each.signature} for each in trusted.signatures(body, *people)]
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {**spec, "signatures": texts}}


def replacing(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that makes `new` of `old`: what an apply leaves out goes."""
    found: dict[str, Any] = dict.fromkeys(old.keys() - new.keys())
    for name, value in new.items():
        nested = isinstance(value, Mapping) and isinstance(old.get(name), Mapping)
        found[name] = replacing(old[name], value) if nested else value
    return found


async def _yield() -> None:
    """Lets watch events arrive."""
    import asyncio

    await asyncio.sleep(0)
