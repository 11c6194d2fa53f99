"""Keeps caches current: by watch events at once, by a full list now and then for what the watches missed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from controllers.loop.cache import Cache, identity, light
from controllers.loop.errors import KubeError, MissingKind, NotFound, WatchEnded
from controllers.loop.kube import Kube
from controllers.loop.objects import Json, Object, Projection, Resource, is_older
from controllers.loop.silence import Silence
from controllers.loop.waking import Route, Waking

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WatchEvent:
    """One piece of news. LISTED is said of what is there when a watch starts, also when it starts again after a gap."""

    type: Literal["LISTED", "ADDED", "MODIFIED", "DELETED"]
    object: Object


Deliver = Callable[[WatchEvent], None]


class WatchSource(Protocol):
    """Where events come from: kopf's watches, or the fake's."""

    async def run(self, resources: Collection[Resource], deliver: Deliver, stop: asyncio.Event) -> None:
        """Delivers the events of these kinds until `stop`. Raises WatchEnded when it cannot go on."""
        ...


@dataclass(frozen=True)
class ResyncTimes:
    """Seconds. A full list per kind every `period`; the first one after `settle`, since a watch that starts after the
    first list cannot tell what went in between; one after `gap` when a watch had to start again. A kind that has just
    been defined may take `appear` until it is served."""

    period: float = 300.0
    settle: float = 15.0
    gap: float = 1.0
    appear: float = 2.0


class Informer:
    """Feeds the caches of a process by `deliver`, `sync` and `resync`, and from `begin` on its queues."""

    def __init__(
        self,
        kube: Kube,
        caches: Iterable[Cache],
        routes: Sequence[Route],
        times: ResyncTimes | None = None,
        randomness: random.Random | None = None,
    ) -> None:
        self._kube = kube
        self._times = times or ResyncTimes()
        self._random = randomness or random.Random()
        self._waking = Waking(routes, self._random)
        self._caches: dict[Resource, list[Cache]] = {}
        for cache in [*caches, *(route.cache for route in routes)]:
            held = self._caches.setdefault(cache.resource, [])
            if not any(each is cache for each in held):
                held.append(cache)
        self._next: dict[Resource, float] = {}
        self._newest: dict[Resource, str] = {}
        self._silence = Silence[Resource]()
        self._wakeup = asyncio.Event()
        # Of two lists under way the older could come last, which looks like a store that was set back.
        self._listing = asyncio.Lock()

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The kinds to watch."""
        return tuple(self._caches)

    @property
    def synced(self) -> bool:
        """Whether every kind has been listed once."""
        return all(cache.synced for caches in self._caches.values() for cache in caches)

    @property
    def begun(self) -> bool:
        """Whether keys are wanted."""
        return self._waking.begun

    @property
    def silent(self) -> list[Resource]:
        """The kinds whose watch does not tell what lists show."""
        return self._silence.silent

    def deliver(self, event: WatchEvent) -> None:
        """Takes in one event and wakes the keys it concerns; what a restarted watch repeats wakes nobody."""
        seen = event.object
        self._silence.heard(seen.resource)
        news = False
        for cache in self._caches[seen.resource]:
            news |= cache.drop(seen) if event.type == "DELETED" else cache.put(seen)
        if event.type == "LISTED":
            self._restarted(seen.resource)
        if news or event.type != "LISTED":
            self._waking.wake(seen)

    def begin(self) -> None:
        """Somebody works on keys from now on: every key that there is is wanted."""
        self._waking.begin()

    async def sync(self) -> None:
        """Lists every kind once. Raises MissingKind, Unavailable."""
        for resource in self._caches:
            await self._list_first(resource)
        settled = asyncio.get_running_loop().time() + self._times.settle
        self._next = dict.fromkeys(self._caches, settled)

    async def resync(self) -> None:
        """Lists each kind whenever it is due, for ever. A list that fails is tried again after `settle`."""
        while True:
            due = min(self._next.values(), default=float("inf"))
            delay = due - asyncio.get_running_loop().time()
            if delay > 0:
                await self._sleep(delay)
            else:
                await self._resync_one(min(self._next, key=self._next.__getitem__))

    async def _sleep(self, seconds: float) -> None:
        self._wakeup.clear()
        try:
            await asyncio.wait_for(self._wakeup.wait(), min(seconds, 3600.0))
        except TimeoutError:
            return

    async def _resync_one(self, resource: Resource) -> None:
        now = asyncio.get_running_loop().time()
        self._next[resource] = now + self._times.period * self._random.uniform(0.9, 1.1)
        try:
            self._silence.listed(resource, await self._list(resource))
        except KubeError as error:
            self._next[resource] = now + self._times.settle
            log.warning("resync of %s failed, again in %.0f s: %s", resource, self._times.settle, error)
            return
        self._waking.spread(resource, self._times.period / 2)

    async def _list_first(self, resource: Resource) -> None:
        now = asyncio.get_running_loop().time
        deadline = now() + self._times.appear
        while True:
            try:
                await self._list(resource)
                return
            except NotFound as error:
                if now() >= deadline:
                    raise MissingKind(f"the API server does not serve {resource}: install the CRDs first") from error
            await asyncio.sleep(self._times.appear / 10)

    async def _list(self, resource: Resource) -> bool:
        """Lists a kind; whether that told anything new."""
        caches = self._caches[resource]
        async with self._listing:
            listing = await self._kube.list(resource, projection=_arriving(resource, caches))
            self._require_forward(resource, listing.resource_version)
            changed = [each for cache in caches for each in cache.replace(listing)]
        for each in changed:
            self._waking.wake(each)
        return bool(changed)

    def _require_forward(self, resource: Resource, version: str) -> None:
        """The newest version wins in every cache, so a store that was set back has to be read by a new process."""
        if is_older(version, self._newest.get(resource, "")):
            raise WatchEnded(f"the list of {resource} is older than the one before: the store was set back")
        self._newest[resource] = version

    def _restarted(self, resource: Resource) -> None:
        now = asyncio.get_running_loop().time()
        due = self._next.get(resource)
        if due is not None and due > now + self._times.settle:
            self._next[resource] = now + self._times.gap
            self._wakeup.set()


def _arriving(resource: Resource, caches: Sequence[Cache]) -> Projection:
    """What is kept of each object of a list until its end: no more than its identity when it is no news.

    The first list, in which everything is news, goes into the caches as it comes; a later one may turn out to be of a
    store that was set back.
    """
    projection = caches[0].projection if len(caches) == 1 else light
    first = not all(cache.synced for cache in caches)

    def arrived(raw: Json) -> Json:
        seen = Object(resource, raw)
        if not all(cache.knows(seen) for cache in caches):
            if not first:
                return projection(raw)
            for cache in caches:
                cache.put(seen)
        return identity(raw)

    return arrived
