"""Which keys wake when an object changes, once there is somebody who works on them.

Whoever stands by wants no keys: they would grow old with nobody to take them, and what is gone again would stay.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from controllers.loop.cache import Cache
from controllers.loop.controller import Everybody, ToKeys, own_key
from controllers.loop.objects import Object, ObjectKey, Resource
from controllers.loop.queue import WorkQueue


@dataclass(frozen=True)
class Route:
    """Who wants to hear of a cache's objects: the queue that gets the keys."""

    cache: Cache
    to_keys: ToKeys
    queue: WorkQueue[ObjectKey]


class Waking:
    """Wakes keys by routes, after `begin`."""

    def __init__(self, routes: Sequence[Route], randomness: random.Random) -> None:
        self._routes = routes
        self._random = randomness
        self._calling: set[WorkQueue[ObjectKey]] = set()
        self.begun = False

    def begin(self) -> None:
        """Wants every key that there is; from now on what changes wakes its keys."""
        self.begun = True
        for route in self._routes:
            for each in route.cache.each():
                self._want(route, each)

    def wake(self, seen: Object) -> None:
        """Wants the keys that this object concerns."""
        for route in self._of(seen.resource):
            self._want(route, seen)

    def spread(self, resource: Resource, seconds: float) -> None:
        """Looks again at what all objects of a kind concern, spread over so long: this catches what no event tells.

        Everybody is left out: its own list spreads everybody once.
        """
        for route in self._of(resource):
            for each in route.cache.each():
                keys = route.to_keys(each)
                for key in () if isinstance(keys, Everybody) else keys:
                    route.queue.add_after(key, self._random.uniform(0.0, seconds))

    def _of(self, resource: Resource) -> list[Route]:
        return [each for each in self._routes if self.begun and each.cache.resource == resource]

    def _want(self, route: Route, seen: Object) -> None:
        keys = route.to_keys(seen)
        if isinstance(keys, Everybody):
            self._call(route.queue)
        else:
            for key in keys:
                route.queue.add(key)

    def _call(self, queue: WorkQueue[ObjectKey]) -> None:
        """A list in which a thousand records changed calls ten thousand keys once, not a thousand times."""
        if queue not in self._calling:
            self._calling.add(queue)
            asyncio.get_running_loop().call_soon(self._everybody, queue)

    def _everybody(self, queue: WorkQueue[ObjectKey]) -> None:
        self._calling.discard(queue)
        for route in self._routes:
            if route.queue is queue and route.to_keys is own_key:
                for key in route.cache:
                    queue.add(key)
