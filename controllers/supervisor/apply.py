"""Performs actions, one method each, and nothing else: what to do was decided before."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from controllers.loop.errors import NotFound
from controllers.loop.kube import Kube
from controllers.loop.objects import Object
from controllers.supervisor.acting import level, subject
from controllers.supervisor.actions import (
    Action,
    Create,
    CreateJob,
    Delete,
    Enqueue,
    Forget,
    Raise,
    Release,
    Remove,
    Supersede,
    Update,
)
from controllers.supervisor.caches import JOBS, MACHINES, VOLUMES, Caches
from controllers.supervisor.memo import Claim
from controllers.supervisor.model import OpenJob, Placed, Snapshot, Want
from controllers.supervisor.observe import job_of
from controllers.supervisor.orders import Desk, Order
from controllers.supervisor.placement import size_of
from controllers.supervisor.receipts import superseded_status
from controllers.supervisor.tracing import trace_of_mark
from crds.machine import MachineSpec
from crds.meta import DEPLOYMENT_LABEL, DEPLOYMENT_UID_LABEL, WORKLOAD_FINALIZER
from crds.revisionmark import RevisionMarkSpec
from crds.volume import VolumeSpec
from crds.workload import MachineItem, VolumeItem
from jobs.about import about
from jobs.broker import ControllerBroker
from jobs.errors import JobsError
from plans.model import Plan
from trust.snapshot import Bundle

log = logging.getLogger(__name__)
MANAGER = "hardpan-supervisor"


@dataclass(frozen=True)
class Papers:
    """What orders are written from: the accepted document with its plan (when there is one), and the trust."""

    tenant: str
    bundle: Bundle | None
    mark: RevisionMarkSpec | None = None
    plan: Plan | None = None

    @property
    def ids(self) -> dict[str, str]:
        """The trace that orders by them belong to, for the log."""
        return {"trace": trace_of_mark(self.mark).id} if self.mark else {}


@dataclass(frozen=True)
class Hands:
    """Does what was decided for one deployment."""

    kube: Kube
    broker: ControllerBroker
    caches: Caches
    desk: Desk

    async def perform(self, actions: Sequence[Action], snapshot: Snapshot, papers: Papers) -> None:
        """Performs the actions in their order. Raises KubeError; what is left is decided anew.

        While the queue is away all else goes on; every reconcile places again what is open.
        """
        creates = {_claim(each, snapshot): each for each in actions if isinstance(each, Create)}
        # Other deployments are placed while the first of these is under way.
        self.caches.reserved.claim({claim: (each.node, size_of(each.want.item)) for claim, each in creates.items()})
        try:
            for action in actions:
                with about(**subject(action), **papers.ids):
                    await self._try(action, snapshot, papers)
        finally:
            self.caches.reserved.release(creates)

    async def _try(self, action: Action, snapshot: Snapshot, papers: Papers) -> None:
        try:
            await self._perform(action, snapshot, papers)
        except JobsError as error:
            log.debug("%s waits for the queue: %s", type(action).__name__, error)
        else:
            log.log(level(action), "done: %s", type(action).__name__)

    async def _perform(self, action: Action, snapshot: Snapshot, papers: Papers) -> None:
        match action:
            case Create(want, node, epoch):
                await self._create(want, node, epoch, snapshot)
                self.caches.reserved.release([_claim(action, snapshot)])
            case Raise(placed, epoch):
                await self.kube.patch(self._object(placed), {"spec": {"epoch": epoch}})
            case Update(placed, want):
                await self.kube.patch(self._object(placed), {"spec": projection(want)})
            case Delete(placed):
                await self.kube.delete(self._object(placed))
            case Release(placed):
                await self.release(self._object(placed))
            case Remove(placed):
                if papers.bundle is not None:
                    await self._send(self.desk.remove(placed, snapshot, papers.tenant, papers.bundle))
            case CreateJob():
                await self._create_job(action, snapshot, papers)
            case Enqueue(job):
                await self._enqueue(job, snapshot, papers)
            case Supersede(job):
                await self._supersede(job, snapshot)
            case Forget(job):
                await self.kube.delete(self._job(job))

    async def release(self, seen: Object) -> None:
        """Takes our finalizer off a terminating object."""
        await self.kube.set_finalizers(seen, [each for each in seen.finalizers if each != WORKLOAD_FINALIZER])

    async def _create(self, want: Want, node: str, epoch: int, snapshot: Snapshot) -> None:
        spec = {"deployment": snapshot.name, "node": node, "epoch": epoch, **projection(want)}
        model = MachineSpec if want.kind == "machine" else VolumeSpec
        checked = model.model_validate(spec)
        metadata = {**_metadata(snapshot, want.name), "finalizers": [WORKLOAD_FINALIZER]}
        resource = MACHINES if want.kind == "machine" else VOLUMES
        await self.kube.create(resource, {"metadata": metadata, "spec": checked.wire()})

    async def _create_job(self, action: CreateJob, snapshot: Snapshot, papers: Papers) -> None:
        assert snapshot.accepted is not None
        work = {
            "deployment": snapshot.name,
            "revision": snapshot.accepted.revision,
            "plan": snapshot.accepted.plan,
            "steps": [each.wire() for each in action.steps],
        }
        spec = {"node": action.node, "supervisor": self.desk.supervisor, "plan": work}
        made = await self.kube.create(JOBS, {"metadata": _metadata(snapshot, action.name), "spec": spec})
        log.info("job %s is made", action.name, extra={"job": made.uid})
        await self._enqueue(job_of(made), snapshot, papers)

    async def _enqueue(self, job: OpenJob, snapshot: Snapshot, papers: Papers) -> None:
        if papers.mark is None or papers.plan is None or papers.bundle is None:
            return
        order = self.desk.ensure(job, snapshot, papers.mark, papers.plan, papers.bundle)
        if order is not None:
            await self._send(order)

    async def _send(self, order: Order) -> None:
        await self.broker.enqueue(order.node, order.uid, order.attempt, order.envelope, order.documents)

    async def _supersede(self, job: OpenJob, snapshot: Snapshot) -> None:
        await self.broker.cancel(job.node, job.uid, job.attempt)
        seen = self._job(job)
        await self.kube.apply_status(seen, superseded_status(seen, job.attempt, snapshot.now), MANAGER)

    def _object(self, placed: Placed) -> Object:
        cache = self.caches.machines if placed.kind == "machine" else self.caches.volumes
        return _only(cache.by("uid", placed.uid), f"{placed.kind} {placed.name}")

    def _job(self, job: OpenJob) -> Object:
        return _only(self.caches.jobs.by("uid", job.uid), f"job {job.name}")


def projection(want: Want) -> dict[str, Any]:
    """What an object's spec shows of its item; the values that nodes use stay in the signed plan."""
    if isinstance(want.item, VolumeItem):
        return {"item": want.digest, "size": want.item.size}
    assert isinstance(want.item, MachineItem)
    item = want.item
    volumes = [each.volume for each in item.volumes]
    return {"item": want.digest, "cpus": item.cpus, "memory": item.memory, "disk": item.disk, "volumes": volumes}


def _claim(create: Create, snapshot: Snapshot) -> Claim:
    return create.want.kind, snapshot.namespace, create.want.name


def _metadata(snapshot: Snapshot, name: str) -> dict[str, Any]:
    labels = {DEPLOYMENT_UID_LABEL: snapshot.uid, DEPLOYMENT_LABEL: snapshot.name}
    return {"name": name, "namespace": snapshot.namespace, "labels": labels}


def _only(found: Sequence[Object], what: str) -> Object:
    if not found:
        raise NotFound(f"{what} has gone meanwhile")
    return found[0]
