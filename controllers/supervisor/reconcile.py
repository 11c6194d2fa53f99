"""One reconcile of a deployment: take in answers, judge, observe, plan, perform, tell. It strings; others decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from controllers.loop.conditions import merge
from controllers.loop.controller import Done, Outcome, RequeueAfter
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey
from controllers.review import mark_name
from controllers.supervisor import rollout, status, work, workload_status
from controllers.supervisor.accept import NOTHING, Judge, Judgement, refusal_of
from controllers.supervisor.actions import Action, CreateJob, Enqueue
from controllers.supervisor.apply import MANAGER, Hands, Papers
from controllers.supervisor.caches import DEPLOYMENTS, MARKS, Caches
from controllers.supervisor.inbox import Inbox
from controllers.supervisor.model import Snapshot
from controllers.supervisor.observe import observe, placed_of
from controllers.supervisor.orders import ABSENT, retry_at
from controllers.supervisor.patience import Patience
from controllers.supervisor.receipts import job_status, open_answer
from controllers.supervisor.reports import Reports
from crds.meta import DEPLOYMENT_FINALIZER, DEPLOYMENT_UID_LABEL
from crds.revisionmark import RevisionMarkSpec
from jobs.broker import ControllerBroker, Event
from trust.errors import Refusal
from trust.part import format_time
from trust.snapshot import Bundle, TrustView

OPEN_SECONDS = 5.0
SETTLED_SECONDS = 300.0


@dataclass
class Reconciler:
    """What a reconcile works with. `name` is this supervisor's; it serves what coord assigned to it."""

    name: str
    kube: Kube
    broker: ControllerBroker
    caches: Caches
    reports: Reports
    inbox: Inbox
    judge: Judge
    hands: Hands
    clock: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        """Brings one deployment a step further."""
        now = self.clock()
        await self._take_in(self.inbox.take(key), now)
        seen = self.caches.deployments.get(key) or self._ghost(key)
        if seen is None:
            self.patience.forget(key)
            return Done()
        if not self._is_mine(seen):
            return Done()
        return await (self._tear_down(seen, now) if seen.deletion_timestamp else self._keep(seen, now))

    def _is_mine(self, seen: Object) -> bool:
        return seen.resource_version == "" or (seen.status.get("supervisor") or {}).get("name") == self.name

    def _ghost(self, key: ObjectKey) -> Object | None:
        """Stands for a deployment that is gone while something of it is left; it is torn down like any other."""
        orphans = self.caches.orphans(key)
        if not orphans:
            return None
        uid = orphans[0].labels[DEPLOYMENT_UID_LABEL]
        metadata = {"name": key.name, "namespace": key.namespace, "uid": uid, "deletionTimestamp": "gone"}
        return Object(DEPLOYMENTS, {"metadata": metadata})

    async def _keep(self, seen: Object, now: datetime) -> Outcome:
        if DEPLOYMENT_FINALIZER not in seen.finalizers:
            seen = await self.kube.set_finalizers(seen, [*seen.finalizers, DEPLOYMENT_FINALIZER])
        judgement, bundle = await self._judge(seen, now)
        await self._write_mark(judgement)
        snapshot = observe(seen, judgement, self.caches, self.reports, now)
        plan = rollout.plan(snapshot)
        papers = Papers(judgement.mark.tenant if judgement.mark else "", bundle, judgement.mark, judgement.plan)
        if plan.actions:
            await self.hands.perform(plan.actions, snapshot, papers)
            snapshot = observe(seen, judgement, self.caches, self.reports, now)
        todo = work.plan(snapshot)
        await self.hands.perform(todo, snapshot, papers)
        snapshot = observe(seen, judgement, self.caches, self.reports, now)
        return await self._tell(seen, snapshot, rollout.plan(snapshot), todo)

    async def _tear_down(self, seen: Object, now: datetime) -> Outcome:
        mark, bundle = self._any_mark(seen), self._bundle()
        snapshot = observe(seen, NOTHING, self.caches, self.reports, now)
        gone = rollout.teardown(snapshot)
        papers = Papers(mark.spec["tenant"] if mark else "", bundle)
        await self.hands.perform(gone.actions, snapshot, papers)
        snapshot = observe(seen, NOTHING, self.caches, self.reports, now)
        await self.hands.perform(work.plan(snapshot), snapshot, papers)
        if snapshot.placed:
            return await self._tell(seen, snapshot, gone, [])
        if DEPLOYMENT_FINALIZER in seen.finalizers:
            await self.kube.set_finalizers(seen, [each for each in seen.finalizers if each != DEPLOYMENT_FINALIZER])
        return Done()

    async def _judge(self, seen: Object, now: datetime) -> tuple[Judgement, Bundle | None]:
        try:
            view, bundle = self.caches.trust.view(), self.caches.trust.bundle()
        except Refusal as refusal:
            return refusal_of(refusal), None
        judged = await self.judge.judge(seen, self._held(seen, view), view, now)
        own = view.supervisors.get(self.name)
        return (judged.within(own.region) if own else judged), bundle

    def _bundle(self) -> Bundle | None:
        try:
            return self.caches.trust.bundle()
        except Refusal:
            return None

    def _held(self, seen: Object, view: TrustView) -> RevisionMarkSpec | None:
        """The mark of this tenant: a re-created namespace with another tenant id starts anew."""
        try:
            tenant = view.tenant_of(seen.namespace)
        except Refusal:
            return None
        found = self.caches.marks.get(ObjectKey("", mark_name(tenant.id, seen.namespace, seen.name)))
        return RevisionMarkSpec.model_validate(found.spec) if found else None

    def _any_mark(self, seen: Object) -> Object | None:
        """The newest mark of this namespace and name, for a removal that must work without its tenant."""
        place = (seen.namespace, seen.name)
        found = [m for m in self.caches.marks.all() if (m.spec["namespace"], m.spec["name"]) == place]
        return max(found, key=lambda mark: mark.created, default=None)

    async def _write_mark(self, judgement: Judgement) -> None:
        """The replay guard is durable before anything of a new revision is placed."""
        new = judgement.mark
        if new is None or not judgement.fresh:
            return
        name = mark_name(new.tenant, new.namespace, new.name)
        held = self.caches.marks.get(ObjectKey("", name))
        if held is None:
            await self.kube.create(MARKS, {"metadata": {"name": name}, "spec": new.wire()})
        else:
            await self.kube.patch(held, {"spec": new.wire()})

    async def _take_in(self, events: Iterable[Event], now: datetime) -> None:
        """Stores what nodes answered in Kubernetes; only then the queue may forget it."""
        for event in events:
            answer = open_answer(event, self.caches.nodes.get(ObjectKey("", event.node)))
            if answer is not None and event.uid.endswith(ABSENT):
                await self._take_in_removal(event, answer.succeeded, answer.message, now)
            elif answer is not None:
                for job in self.caches.jobs.by("uid", event.uid):
                    if int(job.status.get("attempt") or 1) == event.attempt:
                        await self.kube.apply_status(job, job_status(job, answer, now), MANAGER)
            await self.broker.settle([event])

    async def _take_in_removal(self, event: Event, succeeded: bool, message: str, now: datetime) -> None:
        uid = event.uid.removesuffix(ABSENT)
        for seen in (*self.caches.machines.by("uid", uid), *self.caches.volumes.by("uid", uid)):
            placed = placed_of(seen, self.reports)
            if succeeded:
                await self.hands.release(placed)
            elif placed.attempt == event.attempt:
                due = format_time(retry_at(event.attempt, uid, now))
                wanted = {**_owned(seen), "attempt": event.attempt + 1, "nextAttempt": due}
                await self.kube.apply_status(seen, wanted, MANAGER)

    async def _tell(self, seen: Object, snapshot: Snapshot, plan: rollout.Rollout, todo: list[Action]) -> Outcome:
        await self._tell_workloads(snapshot)
        if seen.resource_version:
            await self._tell_deployment(seen, snapshot, plan)
        open_work = any(isinstance(each, (CreateJob, Enqueue)) for each in todo) or snapshot.deleting
        due = [job.next_attempt for job in snapshot.jobs if job.succeeded is None]
        due += [placed.next_attempt for placed in snapshot.placed if placed.deleting]
        waits = [(each - snapshot.now).total_seconds() for each in due if each and each > snapshot.now]
        kept_back = self.patience.wait(ObjectKey(snapshot.namespace, snapshot.name), snapshot.now)
        waits += [kept_back] if kept_back else []
        return RequeueAfter(max(0.05, min([OPEN_SECONDS if open_work else SETTLED_SECONDS, *waits])))

    async def _tell_workloads(self, snapshot: Snapshot) -> None:
        for child in self.caches.children(snapshot.uid):
            placed = next((each for each in snapshot.placed if each.uid == child.uid), None)
            if placed is None:
                continue
            said = workload_status.facts(placed, snapshot)
            conditions = merge(child.status.get("conditions") or (), said, placed.generation, snapshot.now)
            wanted: dict[str, Any] = {"conditions": conditions, "summary": workload_status.summary(placed)}
            if placed.settled:
                wanted |= {"observedGeneration": placed.generation, "epoch": placed.epoch, "item": placed.item}
            else:
                wanted |= {k: child.status[k] for k in ("observedGeneration", "epoch", "item") if k in child.status}
            wanted |= {name: child.status[name] for name in ("attempt", "nextAttempt") if name in child.status}
            if placed.kind == "machine":
                wanted |= _last_words(child, placed.row)
            key = ObjectKey(snapshot.namespace, f"{snapshot.name}/{placed.kind}/{placed.name}")
            if self.patience.allows(key, said[0].status == "True" or placed.deleting, snapshot.now):
                await self.kube.apply_status(child, wanted, MANAGER)

    async def _tell_deployment(self, seen: Object, snapshot: Snapshot, plan: rollout.Rollout) -> None:
        said = status.facts(snapshot, plan)
        conditions = merge(seen.status.get("conditions") or (), said, seen.generation, snapshot.now)
        wanted: dict[str, Any] = {"observedGeneration": seen.generation, "conditions": conditions}
        accepted, counts = status.accepted_revision(snapshot.accepted), status.counts(snapshot)
        if accepted is not None:
            wanted["accepted"] = accepted.wire()
        if counts is not None:
            wanted["counts"] = counts.wire()
        if plan.unplaced:
            wanted["placement"] = [each.wire() for each in status.placements(plan.unplaced)]
        states = {each.type: each.status for each in said}
        final = states["Ready"] == "True" or states["Stalled"] == "True" or states["Ready"] == "Unknown"
        key = ObjectKey(snapshot.namespace, snapshot.name)
        if self.patience.allows(key, final, snapshot.now):
            await self.kube.apply_status(seen, wanted, MANAGER)


def _owned(seen: Object) -> dict[str, Any]:
    return dict(seen.status)


def _last_words(child: Object, row: Any) -> dict[str, Any]:
    """What the node said of the machine last; kept while the node is quiet."""
    if row is None:
        return {name: child.status[name] for name in ("address", "restarts", "since") if name in child.status}
    return {"address": row.address, "restarts": row.restarts, "since": row.since}
