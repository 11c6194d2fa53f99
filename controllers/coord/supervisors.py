"""Shows on each Supervisor whether it serves: listed by the snapshot, and its lease alive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from controllers.coord.liveness import LOOK_SECONDS, Liveness
from controllers.coord.reconcile import MANAGER
from controllers.listed import listed
from controllers.loop.cache import Cache
from controllers.loop.conditions import Condition, merge
from controllers.loop.controller import Done, Outcome, RequeueAfter, Watch, everybody
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey
from controllers.trust_source import TrustSource
from crds.record_conditions import Reason


@dataclass(frozen=True)
class SupervisorReconciler:
    """What coord tells of supervisors with; it writes when one comes or goes, never for a deployment."""

    kube: Kube
    trust: TrustSource
    liveness: Liveness
    clock: Callable[[], datetime]

    @property
    def watches(self) -> list[Watch]:
        """The supervisors, and the snapshot that lists them."""
        return [Watch(self._supervisors), Watch(self.trust.caches[0], everybody)]

    def supervisors(self) -> list[ObjectKey]:
        """All supervisors."""
        return [each.key for each in self._supervisors.all()]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        """Brings one supervisor's status up to date."""
        seen = self._supervisors.get(key)
        if seen is None:
            return Done()
        said = listed(self.trust, seen)
        if said.status == "True":
            if not self.liveness.looked_at(seen.name):
                return RequeueAfter(LOOK_SECONDS)
            said = self._serving(seen)
        merged = merge(seen.status.get("conditions") or (), [said], seen.generation, self.clock())
        status = {"observedGeneration": seen.generation, "conditions": merged}
        await self.kube.apply_status(seen, status, MANAGER)
        return Done()

    def _serving(self, seen: Object) -> Condition:
        if self.liveness.alive(seen.name):
            return Condition("Ready", "True", Reason.LEADING)
        message = "nobody holds its lease; what runs is kept: start one with `hardpan supervisor`"
        return Condition("Ready", "False", Reason.LEASE_LOST, message)

    @property
    def _supervisors(self) -> Cache:
        return self.trust.records("Supervisor")
