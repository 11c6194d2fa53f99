"""Shows on each record, and on the Trust itself, whether it counts: listed by the snapshot, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controllers.listed import listed, refused
from controllers.loop.cache import Cache
from controllers.loop.conditions import Condition, merge
from controllers.loop.controller import Done, Outcome, RequeueAfter, Watch
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey
from controllers.trust_source import TrustSource
from crds.record_conditions import Reason
from trust.certificate import token_open
from trust.errors import Refusal
from trust.part import parse_time

MANAGER = "hardpan-ledger"
KINDS = ("User", "Tenant", "JoinToken", "Release")
LONGEST_SECONDS = 3600.0


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
        return [Watch(self.trust.caches[0], self._everything), *records, Watch(self.nodes, self._its_token)]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        """Brings one record's status up to date."""
        if key.namespace == "Trust":
            return await self._trust()
        seen = self.trust.records(key.namespace).get(ObjectKey("", key.name))
        if seen is None:
            return Done()
        if key.namespace == "JoinToken":
            return await self._token(seen)
        await self.kube.apply_status(seen, self._status(seen, listed(self.trust, seen)), MANAGER)
        return Done()

    async def _token(self, seen: Object) -> Outcome:
        used = sum(1 for each in self.nodes.all() if each.spec.get("token") == seen.name)
        said = self._open(seen, used)
        await self.kube.apply_status(seen, {**self._status(seen, said), "used": used}, MANAGER)
        left = (parse_time(seen.spec["expires"]) - self.clock()).total_seconds()
        return RequeueAfter(min(LONGEST_SECONDS, left)) if left > 0 else Done()

    def _open(self, seen: Object, used: int) -> Condition:
        """Whether it admits machines now: listed, not closed, not ended, not used up."""
        said = listed(self.trust, seen)
        if said.status != "True":
            return said
        try:
            token_open(self.trust.view(), seen.name, self.clock())
        except Refusal as refusal:
            return refused(refusal)
        if used >= seen.spec["count"]:
            message = f"{used} machines came by it: make another with `hardpan token create`"
            return Condition("Ready", "False", Reason.USED_UP, message)
        return said

    async def _trust(self) -> Outcome:
        for seen in self.trust.caches[0].all():
            try:
                view = self.trust.view()
                view.require_current(self.clock())
            except Refusal as refusal:
                await self.kube.apply_status(seen, self._status(seen, refused(refusal)), MANAGER)
                continue
            known = {"version": view.version, "expires": view.body.expires, "cluster": view.cluster}
            status = {**self._status(seen, Condition("Ready", "True", Reason.VALID)), **known}
            await self.kube.apply_status(seen, status, MANAGER)
            return RequeueAfter(max(1.0, min(LONGEST_SECONDS, (view.expires - self.clock()).total_seconds())))
        return Done()

    def _status(self, seen: Object, condition: Condition) -> dict[str, Any]:
        merged = merge(seen.status.get("conditions") or (), [condition], seen.generation, self.clock())
        return {"observedGeneration": seen.generation, "conditions": merged}

    def _own(self, kind: str) -> Callable[[Object], list[ObjectKey]]:
        return lambda seen: [ObjectKey(kind, seen.name)]

    def _everything(self, _: Object) -> list[ObjectKey]:
        found = [ObjectKey(kind, each.name) for kind in KINDS for each in self.trust.records(kind).all()]
        return [ObjectKey("Trust", "cluster"), *found]

    def _its_token(self, seen: Object) -> list[ObjectKey]:
        return [ObjectKey("JoinToken", seen.spec["token"])] if seen.spec.get("token") else []
