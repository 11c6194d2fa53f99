"""One reconcile of coord: who serves this deployment, written with the condition Assigned and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from controllers.coord.assignment import Assignment, Candidate, Subject, assign
from controllers.coord.liveness import Liveness
from controllers.loop.cache import Cache, Tally, light
from controllers.loop.conditions import Condition, ConditionStatus, merge
from controllers.loop.controller import Done, Outcome
from controllers.loop.kube import Kube
from controllers.loop.objects import Json, Object, ObjectKey, resource_of
from controllers.loop.packed import RECENT
from controllers.trust_source import TrustSource
from crds.deployment import DEPLOYMENT
from crds.machine import MACHINE
from crds.meta import DEPLOYMENT_UID_LABEL
from crds.volume import VOLUME
from trust.errors import Refusal

MANAGER = "hardpan-coord"


def without_script(raw: Json) -> Json:
    """Coord decides on region and assignment; scripts and signatures would only fill its memory."""
    spec = {name: value for name, value in raw.get("spec", {}).items() if name not in ("script", "signatures")}
    return {**light(raw), "spec": spec}


def deployments(*tallies: Tally) -> Cache:
    """The cache of deployments, by the supervisor that serves them."""
    return Cache(resource_of(DEPLOYMENT), without_script, {"supervisor": _by_supervisor}, tallies, RECENT)


def machines(*tallies: Tally) -> Cache:
    """The cache of machines, by deployment."""
    return Cache(resource_of(MACHINE), indexes={"deployment": _by_deployment}, tallies=tallies, most_open=RECENT)


def volumes(*tallies: Tally) -> Cache:
    """The cache of volumes, by deployment."""
    return Cache(resource_of(VOLUME), indexes={"deployment": _by_deployment}, tallies=tallies, most_open=RECENT)


def _by_supervisor(seen: Object) -> Iterable[str]:
    return ((seen.status.get("supervisor") or {}).get("name", ""),)


def _by_deployment(seen: Object) -> Iterable[str]:
    return (seen.labels.get(DEPLOYMENT_UID_LABEL, ""),)


@dataclass(frozen=True)
class Reconciler:
    """What coord decides with."""

    kube: Kube
    deployments: Cache
    machines: Cache
    volumes: Cache
    trust: TrustSource
    liveness: Liveness
    clock: Callable[[], datetime]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        """Assigns a deployment, or leaves it with whom it has."""
        seen = self.deployments.get(key)
        if seen is None:
            return Done()
        decided = assign(self._subject(seen), self.candidates())
        await self.kube.apply_status(seen, self._status(seen, decided), MANAGER)
        return Done()

    def candidates(self) -> list[Candidate]:
        """The supervisors that the trust snapshot lists; none while there is no trust."""
        try:
            supervisors = self.trust.view().supervisors
        except Refusal:
            return []
        return [
            Candidate(
                name=name,
                region=record.region,
                listed=True,
                alive=self.liveness.alive(name),
                deployments=len(self.deployments.keys_by("supervisor", name)),
            )
            for name, record in sorted(supervisors.items())
        ]

    def _subject(self, seen: Object) -> Subject:
        held = seen.status.get("supervisor") or {}
        placed = any(cache.keys_by("deployment", seen.uid) for cache in (self.machines, self.volumes))
        region = seen.spec.get("region", "")
        return Subject(seen.namespace, seen.name, region, held.get("name", ""), int(held.get("epoch") or 0), placed)

    def _status(self, seen: Object, decided: Assignment) -> Json:
        status: ConditionStatus = decided.status
        condition = Condition("Assigned", status, str(decided.reason), decided.message)
        conditions = merge(seen.status.get("conditions") or (), [condition], seen.generation, self.clock())
        if not decided.supervisor:
            return {"conditions": conditions}
        return {"supervisor": {"name": decided.supervisor, "epoch": decided.epoch}, "conditions": conditions}
