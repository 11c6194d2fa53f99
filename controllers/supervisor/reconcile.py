"""One reconcile of a deployment: take in answers, judge, observe, plan, perform, tell. It strings; others decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from controllers.loop.controller import Done, Outcome, RequeueAfter
from controllers.loop.errors import NotFound
from controllers.loop.kube import Kube
from controllers.loop.metrics import Refuse, uncounted
from controllers.loop.objects import Object, ObjectKey
from controllers.review import mark_name
from controllers.supervisor import rollout, work
from controllers.supervisor.accept import NOTHING, History, Judge, Judgement, refused
from controllers.supervisor.actions import Action, CreateJob, Enqueue, Remove
from controllers.supervisor.apply import Hands, Papers
from controllers.supervisor.caches import DEPLOYMENTS, MARKS, Caches
from controllers.supervisor.inbox import Inbox
from controllers.supervisor.intake import Answered, Intake, unheard
from controllers.supervisor.model import Snapshot
from controllers.supervisor.observe import observe
from controllers.supervisor.patience import Patience
from controllers.supervisor.removals import Removals
from controllers.supervisor.reports import Reports
from controllers.supervisor.telling import Telling
from crds.meta import DEPLOYMENT_FINALIZER
from crds.revisionmark import RevisionMarkSpec
from jobs.broker import ControllerBroker
from trust.errors import Refusal
from trust.snapshot import Bundle, TrustView

OPEN_SECONDS = 5.0
SETTLED_SECONDS = 300.0
ROOM_SECONDS = 30.0
"""Between two looks of what no node has room for: others that leave wake nobody but themselves."""
SHORTEST_SECONDS = 0.05
IN_THE_QUEUE = (CreateJob, Enqueue, Remove)


Accepts = Callable[[Object, RevisionMarkSpec, datetime], None]
"""Hears of each new revision that counts, and when it was first looked at."""


def unnoticed(seen: Object, mark: RevisionMarkSpec, began: datetime) -> None:
    """For who is asked without a process around it."""


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
    refuse: Refuse = uncounted
    patience: Patience = field(default_factory=Patience)
    answered: Answered = unheard
    accepted: Accepts = unnoticed

    def __post_init__(self) -> None:
        self.removals = Removals(self.caches, self.name)
        parts = (self.kube, self.broker, self.caches, self.inbox, self.removals, self.hands, self.refuse, self.answered)
        self.intake = Intake(*parts)
        self.telling = Telling(self.kube, self.caches, self.patience)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        """Brings one deployment a step further."""
        now = self.clock()
        await self.intake.take_in(key, now)
        seen = self.caches.deployments.get(key)
        ghosts = [uid for uid in self.caches.owners(key) if seen is None or uid != seen.uid]
        waits = [await self._tear_down(_ghost(key, uid), now) for uid in ghosts if await self._is_gone(key, uid)]
        if seen is None:
            self.patience.forget(key)
        elif (seen.status.get("supervisor") or {}).get("name") == self.name:
            waits.append(await (self._tear_down(seen, now) if seen.deletion_timestamp else self._keep(seen, now)))
        seconds = [each.seconds for each in waits if isinstance(each, RequeueAfter)]
        return RequeueAfter(min(seconds)) if seconds else Done()

    async def _is_gone(self, key: ObjectKey, uid: str) -> bool:
        """Asked of the API server itself: nothing is torn down because our own memory has a gap."""
        try:
            return (await self.kube.get(DEPLOYMENTS, key)).uid != uid
        except NotFound:
            return True

    async def _keep(self, seen: Object, now: datetime) -> Outcome:
        if DEPLOYMENT_FINALIZER not in seen.finalizers:
            seen = await self.kube.set_finalizers(seen, [*seen.finalizers, DEPLOYMENT_FINALIZER])
        judgement, bundle = await self._judge(seen, now)
        await self._write_mark(seen, judgement, now)
        snapshot = self._observe(seen, judgement, now)
        if bundle is None:
            # Without trust nothing is ordered; what runs goes on.
            return await self._tell(seen, snapshot, rollout.plan(snapshot), [])
        plan = rollout.plan(snapshot)
        papers = Papers(judgement.mark.tenant if judgement.mark else "", bundle, judgement.mark, judgement.plan)
        if plan.actions:
            await self.hands.perform(plan.actions, snapshot, papers)
            snapshot = self._observe(seen, judgement, now)
        todo = work.plan(snapshot)
        if plan.actions or todo:
            await self.hands.perform(todo, snapshot, papers)
            snapshot = self._observe(seen, judgement, now)
            plan = rollout.plan(snapshot)
        return await self._tell(seen, snapshot, plan, todo)

    async def _tear_down(self, seen: Object, now: datetime) -> Outcome:
        mark, bundle = self._any_mark(seen), self._bundle()
        snapshot = self._observe(seen, NOTHING, now)
        gone = rollout.teardown(snapshot)
        papers = Papers(mark.spec["tenant"] if mark else "", bundle)
        await self.hands.perform(gone.actions, snapshot, papers)
        snapshot = self._observe(seen, NOTHING, now)
        todo = work.plan(snapshot)
        await self.hands.perform(todo, snapshot, papers)
        snapshot = self._observe(seen, NOTHING, now)
        if snapshot.placed or snapshot.jobs:
            return await self._tell(seen, snapshot, gone, todo)
        if DEPLOYMENT_FINALIZER in seen.finalizers:
            await self.kube.set_finalizers(seen, [each for each in seen.finalizers if each != DEPLOYMENT_FINALIZER])
        return Done()

    def _observe(self, seen: Object, judgement: Judgement, now: datetime) -> Snapshot:
        return observe(seen, judgement, self.caches, self.reports, self.removals, now)

    async def _judge(self, seen: Object, now: datetime) -> tuple[Judgement, Bundle | None]:
        try:
            view, bundle = self.caches.trust.view(), self.caches.trust.bundle()
        except Refusal as refusal:
            return await self._judge_without_trust(seen, refusal), None
        volumes = {each.name: int(each.spec["size"]) for each in self.caches.volumes.by("deployment", seen.uid)}
        ran = bool(seen.status.get("accepted")) or bool(self.caches.children(seen.uid))
        before = History(self._held(seen, view), ran, volumes)
        judged, own = await self.judge.judge(seen, before, view, now), view.supervisors.get(self.name)
        return (judged.within(own.region) if own else judged), bundle

    async def _judge_without_trust(self, seen: Object, refusal: Refusal) -> Judgement:
        """What was accepted last is known by its digest, although nothing can be verified now."""
        accepted = seen.status.get("accepted") or {}
        held = next((each for each in self._marks(seen) if each.spec["digest"] == accepted.get("digest")), None)
        mark = RevisionMarkSpec.model_validate(held.spec) if held else None
        kept = await self.judge.keep(mark, refused(refusal), accepted.get("signers") or ())
        return kept.within(accepted.get("region", ""))

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

    def _marks(self, seen: Object) -> list[Object]:
        """The marks of this namespace and name, of whatever tenant."""
        return [*self.caches.marks.by("place", (seen.namespace, seen.name))]

    def _any_mark(self, seen: Object) -> Object | None:
        """The newest, for a removal that must work without its tenant."""
        return max(self._marks(seen), key=lambda mark: mark.created, default=None)

    async def _write_mark(self, seen: Object, judgement: Judgement, now: datetime) -> None:
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
        self.accepted(seen, new, now)

    async def _tell(self, seen: Object, snapshot: Snapshot, plan: rollout.Rollout, todo: list[Action]) -> Outcome:
        await self.telling.tell(seen, snapshot, plan)
        open_work = any(isinstance(each, IN_THE_QUEUE) for each in todo) or snapshot.deleting
        waits = [OPEN_SECONDS if open_work else ROOM_SECONDS if plan.unplaced else SETTLED_SECONDS]
        due = work.soonest(snapshot)
        waits += [(due - snapshot.now).total_seconds()] if due is not None else []
        patient = self.patience.wait(ObjectKey(snapshot.namespace, snapshot.name), snapshot.now)
        waits += [patient] if patient is not None else []
        return RequeueAfter(max(SHORTEST_SECONDS, min(waits)))


def _ghost(key: ObjectKey, uid: str) -> Object:
    """Stands for a deployment that is gone while something of it is left; it is torn down like any other."""
    metadata = {"name": key.name, "namespace": key.namespace, "uid": uid, "deletionTimestamp": "gone"}
    return Object(DEPLOYMENTS, {"metadata": metadata})
