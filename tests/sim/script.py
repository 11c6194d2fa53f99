"""What users do, drawn from the seed: new wishes, edits of every kind, bad edits, deletions, the same name again."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

from controllers.loop.objects import ObjectKey
from tests.sim.clock import BEGINNING
from tests.sim.people import DAY, Wish
from tests.sim.world import World
from trust.part import format_time

NAMES = (ObjectKey("a", "web"), ObjectKey("a", "db"), ObjectKey("b", "web"))
SIZES = ("1Gi", "2Gi", "4Gi")
CHANGES: dict[str, tuple[Any, ...]] = {
    "replicas": (0, 1, 2, 3, 4),
    "memory": ("128Mi", "256Mi", "512Mi"),
    "cpus": (1, 2),
    "image": ("a", "b", "c"),
    "volumes": (True, True, False),
    "size": SIZES,
    "on_delete": ("bin", "destroy"),
    "max_unavailable": (1, 2),
}
LONG_AGO = {"notBefore": format_time(BEGINNING - 40 * DAY), "expires": format_time(BEGINNING - DAY)}


class Users:
    """One act at a time."""

    def __init__(self, world: World, source: random.Random) -> None:
        self._world = world
        self._source = source
        self._wishes: dict[ObjectKey, Wish] = {}
        self._specs: dict[ObjectKey, list[dict[str, Any]]] = {}

    async def act(self) -> None:
        """Does something."""
        key = self._source.choice(NAMES)
        acts = {self._edit: 6, self._spoil: 2, self._delete: 1, self._suspend: 1}
        if self._world.find(key) is None:
            await self._edit(key)
            return
        (act,) = self._source.choices(list(acts), list(acts.values()))
        await act(key)

    async def mend(self) -> None:
        """At the end nothing is suspended any more, and many want something good again."""
        for key in NAMES:
            seen = self._world.find(key)
            if seen is None:
                continue
            if seen.spec.get("suspend"):
                await self._world.suspend(key, False)
            if key in self._world.spoiled and self._source.random() < 0.5:
                await self._edit(key)

    async def _edit(self, key: ObjectKey) -> None:
        source, old = self._source, self._wishes.get(key, Wish(*key))
        name = source.choice(list(CHANGES))
        wish = dataclasses.replace(old, **{name: source.choice(CHANGES[name])})
        if SIZES.index(wish.size) < SIZES.index(old.size) and self._world.find(key) is not None:
            wish = dataclasses.replace(wish, size=old.size)
        self._wishes[key] = wish
        await self._world.apply(wish, suspend=False)

    async def _spoil(self, key: ObjectKey) -> None:
        seen = self._world.find(key)
        assert seen is not None
        wish, revision = self._wishes[key], self._world.revisions[key]
        other = dataclasses.replace(wish, memory="1Gi", replicas=5)
        sign = self._world.user.sign
        bad: list[Callable[[], dict[str, Any]]] = [
            lambda: {**sign(wish, revision), "params": other.params},
            lambda: {**sign(wish, revision), "revision": revision + 1},
            lambda: {**sign(other, revision + 1), "signatures": sign(wish, revision)["signatures"]},
            lambda: sign(other, revision + 1, key="mallory"),
            lambda: sign(other, revision + 1, **LONG_AGO),
            lambda: sign(wish, revision + 1, plan=other.plan.digest),
            lambda: sign(dataclasses.replace(wish, replicas=60), revision + 1),
        ]
        # Of two documents with one number that nobody has accepted yet, either may be.
        if (self._world.marked(key) or 0) >= revision:
            bad += [lambda: sign(other, revision), lambda: sign(other, max(1, revision - 1))]
        await self._world.spoil(key, self._source.choice(bad)())

    async def _delete(self, key: ObjectKey) -> None:
        await self._world.delete(key)

    async def _suspend(self, key: ObjectKey) -> None:
        await self._world.suspend(key, self._source.random() < 0.7)
