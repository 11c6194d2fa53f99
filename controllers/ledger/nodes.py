"""One reconcile of a Node: its status from what the ledger holds, written on transitions and at a coarse refresh."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from controllers.certified import Certified
from controllers.ledger import removal, standing
from controllers.ledger.conflicts import Conflicts
from controllers.ledger.predecessor import MACHINE as BOARD
from controllers.ledger.predecessor import hint
from controllers.ledger.presence import Presence, Standing
from controllers.loop.cache import Cache
from controllers.loop.conditions import merge
from controllers.loop.controller import Done, Outcome, RequeueAfter
from controllers.loop.kube import Kube
from controllers.loop.objects import Json, Object, ObjectKey, resource_of
from crds.machine import MACHINE
from crds.volume import VOLUME
from trust.certificate import NodeCertificate
from trust.errors import Refusal
from trust.snapshot import TrustView

MANAGER = "hardpan-ledger"
REFRESH_SECONDS = 300.0
REMOVAL_SECONDS = 3.0
MACHINES, VOLUMES = resource_of(MACHINE), resource_of(VOLUME)
LOOK_SECONDS = 1.0


@dataclass
class NodeReconciler:
    """What the ledger decides over nodes with."""

    kube: Kube
    nodes: Cache
    trust: Callable[[], TrustView]
    presence: Presence
    conflicts: Conflicts
    clock: Callable[[], datetime]
    _states: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._certified = Certified(self.trust)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        """Brings a node's status up to date."""
        seen = self.nodes.get(key)
        if seen is None:
            self.presence.forget(key.name)
            self.conflicts.forget(key.name)
            return Done()
        if seen.status.get("boot"):
            days = tuple((each["day"], float(each["seconds"])) for each in seen.status.get("uptime") or ())
            self.presence.known_from_before(key.name, days)
        try:
            self.trust()
        except Refusal:
            # Without trust nobody can tell whether a node counts, so nothing is said of it.
            return RequeueAfter(REFRESH_SECONDS)
        vouched, held = self._vouched(seen), self.presence.of(key.name)
        conflict, liveness = self.conflicts.of(seen), self.presence.liveness(key.name)
        told = removal.told(vouched, held, liveness)
        left = await self._left(seen, told) if removal.is_under_way(seen) else None
        said = standing.conditions(seen, vouched, held, liveness, conflict, self._before(seen, held), left)
        merged = merge(seen.status.get("conditions") or (), said, seen.generation, self.clock())
        status = {
            **standing.details(vouched if isinstance(vouched, NodeCertificate) else None, held, seen),
            "conditions": merged,
            **standing.start(self.conflicts.latest(key.name), seen),
            "observedGeneration": seen.generation,
        }
        await self.kube.apply_status(seen, status, MANAGER)
        return RequeueAfter(REMOVAL_SECONDS if left and not left.nothing else REFRESH_SECONDS)

    async def _left(self, node: Object, told: removal.Left) -> removal.Left:
        """What is left on a node. When nothing is by its own word, the API server itself is asked, which costs more."""
        if not told.nothing:
            return told
        lists = [await self.kube.list(each, projection=_place) for each in (MACHINES, VOLUMES)]
        return removal.placed(each for found in lists for each in found.objects if each.spec.get("node") == node.name)

    def _vouched(self, seen: Object) -> NodeCertificate | Refusal | None:
        """The certificate that counts, or why the one that is there does not."""
        if not seen.spec.get("certificate"):
            return None
        try:
            return self._certified.of(seen)
        except Refusal as refusal:
            return refusal

    def _before(self, seen: Object, held: Standing | None) -> str:
        machine = held.inventory.machine if held and held.inventory else None
        return hint(seen, self.nodes.by(BOARD, machine)) if machine else ""

    async def follow(self, wake: Callable[[ObjectKey], None]) -> None:
        """Wakes a node whose silence means something else than a second ago, for ever."""
        while True:
            for name in self.presence.names():
                state = self.presence.liveness(name)
                if self._states.get(name, state) != state:
                    wake(ObjectKey("", name))
                self._states[name] = state
            await asyncio.sleep(LOOK_SECONDS)


def _place(raw: Json) -> Json:
    """Where an object is; no list of all machines is to be in memory for more."""
    metadata = {name: raw["metadata"].get(name, "") for name in ("name", "namespace", "resourceVersion")}
    return {"metadata": metadata, "spec": {"node": raw["spec"].get("node")}}
