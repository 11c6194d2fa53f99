"""Writes what is so into the statuses of a deployment, its machines and its volumes; nothing where nothing changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from controllers.loop.conditions import Condition, merge
from controllers.loop.kube import Kube
from controllers.loop.objects import Object, ObjectKey
from controllers.supervisor import rollout, status, workload_status
from controllers.supervisor.apply import MANAGER
from controllers.supervisor.caches import Caches
from controllers.supervisor.model import Placed, Row, Snapshot
from controllers.supervisor.patience import Patience


@dataclass(frozen=True)
class Telling:
    """What statuses are written with."""

    kube: Kube
    caches: Caches
    patience: Patience

    async def tell(self, seen: Object, snapshot: Snapshot, plan: rollout.Rollout) -> None:
        """Brings the statuses up to date. A deployment that is gone has none."""
        key = ObjectKey(snapshot.namespace, snapshot.name)
        self.patience.keep(key, {"", *(_part(placed) for placed in snapshot.placed)})
        await self._workloads(key, snapshot)
        if seen.resource_version:
            await self._deployment(key, seen, snapshot, plan)

    async def _workloads(self, key: ObjectKey, snapshot: Snapshot) -> None:
        placed = {each.uid: each for each in snapshot.placed}
        for child in self.caches.children(snapshot.uid):
            if child.uid in placed:
                await self._workload(key, child, placed[child.uid], snapshot)

    async def _workload(self, key: ObjectKey, child: Object, placed: Placed, snapshot: Snapshot) -> None:
        said = workload_status.facts(placed, snapshot)
        if self.patience.allows(key, _part(placed), said[0].status == "True" or placed.deleting, snapshot.now):
            await self.kube.apply_status(child, _workload_status(child, placed, said, snapshot), MANAGER)

    async def _deployment(self, key: ObjectKey, seen: Object, snapshot: Snapshot, plan: rollout.Rollout) -> None:
        said = status.facts(snapshot, plan)
        states = {each.type: each.status for each in said}
        final = states["Ready"] in ("True", "Unknown") or states["Stalled"] == "True"
        if self.patience.allows(key, "", final, snapshot.now):
            await self.kube.apply_status(seen, _deployment_status(seen, said, snapshot, plan), MANAGER)


def _part(placed: Placed) -> str:
    return f"{placed.kind}/{placed.name}"


def _workload_status(child: Object, placed: Placed, said: list[Condition], snapshot: Snapshot) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "conditions": merge(child.status.get("conditions") or (), said, placed.generation, snapshot.now),
        "summary": workload_status.summary(placed),
        **_kept(child, "attempt", "nextAttempt"),
    }
    if placed.settled:
        wanted |= {"observedGeneration": placed.generation, "epoch": placed.epoch, "item": placed.item}
    else:
        wanted |= _kept(child, "observedGeneration", "epoch", "item")
    if placed.kind == "machine":
        wanted |= _last_words(child, placed.row)
    return wanted


def _last_words(child: Object, row: Row | None) -> dict[str, Any]:
    """What the node said of the machine last; kept while the node is quiet."""
    if row is None:
        return _kept(child, "address", "restarts", "since")
    return {"address": row.address, "restarts": row.restarts, "since": row.since}


def _kept(child: Object, *names: str) -> dict[str, Any]:
    return {name: child.status[name] for name in names if name in child.status}


def _deployment_status(
    seen: Object, said: list[Condition], snapshot: Snapshot, plan: rollout.Rollout
) -> dict[str, Any]:
    conditions = merge(seen.status.get("conditions") or (), said, seen.generation, snapshot.now)
    wanted: dict[str, Any] = {"observedGeneration": seen.generation, "conditions": conditions}
    accepted, counts = status.accepted_revision(snapshot.accepted), status.counts(snapshot)
    if accepted is not None:
        wanted["accepted"] = accepted.wire()
    if counts is not None:
        wanted["counts"] = counts.wire()
    if plan.unplaced:
        wanted["placement"] = [each.wire() for each in status.placements(plan.unplaced)]
    return wanted
