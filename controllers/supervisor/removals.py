"""What supervisors remember of removals: machines that went lately, for the brake, and what did not go yet and why.

After a restart only what Kubernetes shows counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from controllers.loop.objects import Object, ObjectKey
from controllers.removed import is_leaving
from controllers.supervisor import brake
from controllers.supervisor.brake import Removal
from controllers.supervisor.caches import MACHINES, Caches
from crds.meta import REMOVALS_AGREED_UNTIL
from trust.part import parse_time


class Removals:
    """One supervisor's memory."""

    def __init__(self, caches: Caches, supervisor: str) -> None:
        self._caches, self._supervisor = caches, supervisor
        self._done: dict[str, Removal] = {}
        self._failed: dict[str, tuple[int, str]] = {}

    def done(self, seen: Object) -> None:
        """The node removed it."""
        self._failed.pop(seen.uid, None)
        removal = self._removal(seen) if seen.resource == MACHINES else None
        if removal is not None:
            self._done[removal.uid] = removal

    def failed(self, seen: Object, words: str) -> None:
        """The node did not remove it, and said why."""
        self._failed[seen.uid] = (seen.spec["epoch"], words)

    def trouble(self, seen: Object) -> str:
        """Why it is still there; what was said of an order for an earlier epoch is no answer to the present one."""
        epoch, words = self._failed.get(seen.uid, (0, ""))
        return words if epoch == seen.spec["epoch"] else ""

    def held(self, now: datetime) -> dict[str, str]:
        """The machines (by uid) whose removal waits for an operator, with the sentence that says so."""
        going = self._caches.machines.by("going", True)
        waiting = {each.uid: each for machine in going if (each := self._removal(machine)) is not None}
        self._forget(waiting.values(), now)
        gone = {uid: each for uid, each in self._done.items() if uid not in waiting}
        regions = Counter(each.region for each in gone.values())
        for node in self._caches.nodes:
            if machines := self._caches.machines.keys_by("node", node.name):
                regions[self._region(node.name)] += len(machines)
        return brake.held([*waiting.values(), *gone.values()], regions, self._agreed(), self._supervisor)

    def _forget(self, waiting: Iterable[Removal], now: datetime) -> None:
        """What went counts for ten minutes, and as long as something waits that was asked for beside it."""
        times = [now, *(each.asked for each in waiting)]
        near = {
            uid: each
            for uid, each in self._done.items()
            if any(abs(moment - each.asked) <= brake.WINDOW for moment in times)
        }
        self._done = near
        caches = (self._caches.machines, self._caches.volumes)
        self._failed = {
            uid: each for uid, each in self._failed.items() if any(cache.by("uid", uid) for cache in caches)
        }

    def _removal(self, machine: Object) -> Removal | None:
        region = self._region(machine.spec["node"])
        if machine.deletion_timestamp is None or not region or self._moves(machine):
            return None
        return Removal(machine.uid, region, parse_time(machine.deletion_timestamp))

    def _moves(self, machine: Object) -> bool:
        """An operator asked for it by draining the node, and it loses no data by it: no brake is needed."""
        node = self._caches.node(machine.spec["node"])
        return node is not None and is_leaving(node) and not machine.spec.get("volumes")

    def _region(self, name: str) -> str:
        """The certificate's; a node that counts no longer still brakes what goes in the region that it had."""
        node = self._caches.nodes.get(ObjectKey("", name))
        certificate = self._caches.certificate(name)
        if certificate is not None:
            return certificate.region
        return str(node.status.get("region", "")) if node is not None else ""

    def _agreed(self) -> datetime | None:
        seen = self._caches.trust.records("Supervisor").get(ObjectKey("", self._supervisor))
        said = seen.annotations.get(REMOVALS_AGREED_UNTIL) if seen is not None else None
        try:
            return parse_time(said) if said else None
        except ValueError:
            return None
