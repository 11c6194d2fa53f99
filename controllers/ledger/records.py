"""Shows on each record, and on the Trust itself, whether it counts: listed by the snapshot, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controllers.loop.cache import Cache
from controllers.loop.conditions import Condition, merge
from controllers.loop.controller import Done, Outcome, RequeueAfter, Watch
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey
from controllers.trust_source import TrustSource
from trust.errors import Refusal
from trust.records import Record

MANAGER = "hardpan-ledger"
KINDS = ("User", "Tenant", "JoinToken")


@dataclass(frozen=True)
class RecordReconciler:
    """Keys are (kind, name); a change of the snapshot concerns every record."""

    kube: Kube
    trust: TrustSource
    nodes: Cache
    clock: Callable[[], datetime]

    @property
    def watches(self) -> list[Watch]:
        """What wakes which record."""
        records = [Watch(self.trust.records(kind), self._own(kind)) for kind in KINDS]
        return [Watch(self.trust.caches[0], self._everything), *records, Watch(self.nodes, self._token)]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        """Brings one record's status up to date."""
        if key.namespace == "Trust":
            return await self._trust()
        seen = self.trust.records(key.namespace).get(ObjectKey("", key.name))
        if seen is not None:
            status = self._status(seen, self._listed(key, seen))
            if key.namespace == "JoinToken":
                status["used"] = sum(1 for each in self.nodes.all() if each.spec.get("token") == key.name)
            await self.kube.apply_status(seen, status, MANAGER)
        return Done()

    async def _trust(self) -> Outcome:
        for seen in self.trust.caches[0].all():
            try:
                view = self.trust.view()
                view.require_current(self.clock())
            except Refusal as refusal:
                await self.kube.apply_status(seen, self._status(seen, _not(refusal)), MANAGER)
                continue
            known = {"version": view.version, "expires": view.body.expires, "cluster": view.cluster}
            status = {**self._status(seen, Condition("Ready", "True", "Valid")), **known}
            await self.kube.apply_status(seen, status, MANAGER)
            return RequeueAfter(max(1.0, min(3600.0, (view.expires - self.clock()).total_seconds())))
        return Done()

    def _listed(self, key: ObjectKey, seen: Object) -> Condition:
        try:
            body = self.trust.view().body
        except Refusal as refusal:
            return _not(refusal)
        record = Record(key.namespace, key.name, seen.spec)
        if body.records.get(record.key) == record.digest:
            return Condition("Ready", "True", "Listed", f"by trust snapshot {body.version}")
        word = "with other content" if record.key in body.records else "at all"
        message = f"trust snapshot {body.version} does not list it {word}: run `hardpan trust renew`"
        return Condition("Ready", "False", "RecordNotListed", message)

    def _status(self, seen: Object, condition: Condition) -> dict[str, Any]:
        merged = merge(seen.status.get("conditions") or (), [condition], seen.generation, self.clock())
        return {"observedGeneration": seen.generation, "conditions": merged}

    def _own(self, kind: str) -> Callable[[Object], list[ObjectKey]]:
        return lambda seen: [ObjectKey(kind, seen.name)]

    def _everything(self, _: Object) -> list[ObjectKey]:
        found = [ObjectKey(kind, each.name) for kind in KINDS for each in self.trust.records(kind).all()]
        return [ObjectKey("Trust", "cluster"), *found]

    def _token(self, seen: Object) -> list[ObjectKey]:
        return [ObjectKey("JoinToken", seen.spec["token"])] if seen.spec.get("token") else []


def _not(refusal: Refusal) -> Condition:
    return Condition("Ready", "False", str(refusal.code), refusal.message)
