"""What observing needs of all objects together, kept up to date by every change: no reconcile goes through them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

from controllers.loop.cache import Cache
from controllers.loop.objects import Object
from controllers.supervisor.model import Capacity

Value = TypeVar("Value")


class PerObject(Generic[Value]):
    """A value for each object of a cache by its name, made again only for what changed, or when its basis did."""

    def __init__(self, cache: Cache, is_there: Callable[[Object], bool]) -> None:
        self._cache, self._is_there, self._version = cache, is_there, -1
        self._basis: object = None
        self._made: dict[str, tuple[Object, Value]] = {}
        self._values: Mapping[str, Value] = {}

    def values(self, basis: object, make: Callable[[Object], Value]) -> Mapping[str, Value]:
        """Of all that is there, ordered by key; what was handed out before stays as it was."""
        if basis is not self._basis:
            self._basis, self._made, self._version = basis, {}, -1
        if self._cache.version != self._version:
            self._version = self._cache.version
            self._made = {each.name: self._of(each, make) for each in self._cache.all() if self._is_there(each)}
            self._values = MappingProxyType({name: value for name, (_, value) in self._made.items()})
        return self._values

    def _of(self, seen: Object, make: Callable[[Object], Value]) -> tuple[Object, Value]:
        before = self._made.get(seen.name)
        return before if before is not None and before[0] is seen else (seen, make(seen))


Claim = tuple[str, str, str]
"""Kind, namespace and name of what is about to be made."""


class Reserved:
    """What all machines and volumes of all deployments take, by node; and what is about to, before anybody sees it."""

    def __init__(self) -> None:
        self._taken: dict[str, Capacity] = {}
        self._claimed: dict[Claim, tuple[str, Capacity]] = {}

    def count(self, seen: Object, sign: int) -> None:
        """An object came (1) or went (-1)."""
        node, size = seen.spec["node"], size_of(seen)
        taken = self._taken.pop(node, Capacity())
        taken = taken + size if sign > 0 else taken - size
        if taken != Capacity():
            self._taken[node] = taken

    def claim(self, claims: Mapping[Claim, tuple[str, Capacity]]) -> None:
        """Counts what will be made on these nodes as if it were, so that nobody else is given the same room."""
        self._claimed.update(claims)

    def release(self, claims: Iterable[Claim]) -> None:
        """It is made, and counts by itself, or will not be."""
        for each in claims:
            self._claimed.pop(each, None)

    def now(self) -> dict[str, Capacity]:
        """As of now."""
        sums = dict(self._taken)
        for node, size in self._claimed.values():
            sums[node] = sums.get(node, Capacity()) + size
        return sums


class Uids:
    """The uids of the objects of a cache."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def count(self, seen: Object, sign: int) -> None:
        """An object came (1) or went (-1)."""
        if sign > 0:
            self._known.add(seen.uid)
        else:
            self._known.discard(seen.uid)

    def strangers(self, uids: set[str]) -> set[str]:
        """Those that are not among them."""
        return uids - self._known


class Names:
    """The names of the objects of a cache that count."""

    def __init__(self, counts: Callable[[Object], bool]) -> None:
        self._counts = counts
        self._known: dict[str, None] = {}

    def count(self, seen: Object, sign: int) -> None:
        """An object came (1) or went (-1)."""
        if sign < 0:
            self._known.pop(seen.name, None)
        elif self._counts(seen):
            self._known[seen.name] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)


def size_of(seen: Object) -> Capacity:
    """What an object takes on its node."""
    spec = seen.spec
    if seen.resource.kind == "Volume":
        return Capacity(disk=spec["size"], resources=1)
    return Capacity(spec["cpus"], spec["memory"], spec["disk"], 1)
