"""Which supervisors live: their leases, watched by our own clock, so that nobody's wall clock matters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from controllers.loop.errors import KubeError, NotFound
from controllers.loop.kube import Kube
from controllers.loop.objects import LEASE, ObjectKey

LOOK_SECONDS = 2.0


class Liveness:
    """Looks at the lease of each supervisor; `changed` is called when one comes or goes."""

    def __init__(self, kube: Kube, namespace: str, clock: Callable[[], float]) -> None:
        self._kube, self._namespace, self._clock = kube, namespace, clock
        self._seen: dict[str, tuple[str, float, float]] = {}
        self._alive: set[str] = set()
        self._looked: set[str] = set()
        self._told: frozenset[str] = frozenset()

    def alive(self, supervisor: str) -> bool:
        """Whether its lease is held and was renewed within its duration."""
        return supervisor in self._alive

    def looked_at(self, supervisor: str) -> bool:
        """Whether anything is known of it yet."""
        return supervisor in self._looked

    async def look(self, supervisors: Iterable[str]) -> bool:
        """Looks once; whether anything changed since the last look that came to its end."""
        for name in supervisors:
            await self._look(name)
            self._looked.add(name)
        changed, self._told = self._told != self._alive, frozenset(self._alive)
        return changed

    async def _look(self, name: str) -> None:
        try:
            lease = await self._kube.get(LEASE, ObjectKey(self._namespace, f"hardpan-supervisor-{name}"))
        except NotFound:
            self._alive.discard(name)
            return
        now = self._clock()
        version, since, _ = self._seen.get(name, ("", now, 0.0))
        duration = float(lease.spec.get("leaseDurationSeconds") or 15)
        if version != lease.resource_version:
            since = now
        self._seen[name] = (lease.resource_version, since, duration)
        if lease.spec.get("holderIdentity") and now - since <= duration:
            self._alive.add(name)
        else:
            self._alive.discard(name)

    async def follow(self, supervisors: Callable[[], Iterable[str]], changed: Callable[[], None]) -> None:
        """Looks for ever."""
        while True:
            try:
                if await self.look(supervisors()):
                    changed()
            except KubeError:
                # The API server is away: what was known stays known, and nothing is assigned meanwhile.
                pass
            await asyncio.sleep(LOOK_SECONDS)
