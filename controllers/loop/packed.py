"""The objects of a cache in memory: those used last as they are, all others packed, for less than a third of the room.

A deployment that runs as described is looked at every few minutes; as dictionaries ten thousand of them would take
hundreds of megabytes.
"""

from __future__ import annotations

import pickle
import sys
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from controllers.loop.objects import Object, ObjectKey, Resource

EVERY = sys.maxsize
"""For kinds of which somebody often goes through all objects."""
RECENT = 512
FASTEST = 1


@dataclass(frozen=True, slots=True)
class Packed:
    """An object that is not in use; what decides whether news are news is to be seen without opening it."""

    uid: str
    resource_version: str
    data: bytes

    @classmethod
    def of(cls, seen: Object) -> Packed:
        """Packs an object."""
        return cls(seen.uid, seen.resource_version, zlib.compress(pickle.dumps(seen.raw), FASTEST))

    def open(self, resource: Resource) -> Object:
        """The object, equal to the one that was packed."""
        return Object(resource, pickle.loads(zlib.decompress(self.data)))


class PackedObjects:
    """Objects of one kind by key, of which the `most` used last are open."""

    def __init__(self, resource: Resource, most: int) -> None:
        self._resource, self._most = resource, most
        self._held: dict[ObjectKey, Object | Packed] = {}
        self._open: OrderedDict[ObjectKey, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[ObjectKey]:
        return iter(self._held)

    def look(self, key: ObjectKey) -> Object | Packed | None:
        """Uid and version of an object, which stays packed if it is."""
        return self._held.get(key)

    def get(self, key: ObjectKey) -> Object | None:
        """The object."""
        held = self._held.get(key)
        return None if held is None else self.put(key, self._opened(held))

    def put(self, key: ObjectKey, seen: Object) -> Object:
        """Takes an object in, or takes note that it is in use."""
        self._held[key] = seen
        self._open[key] = None
        self._open.move_to_end(key)
        if len(self._open) > self._most:
            oldest, _ = self._open.popitem(last=False)
            self._held[oldest] = Packed.of(self._opened(self._held[oldest]))
        return seen

    def pop(self, key: ObjectKey) -> Object:
        """Lets go of an object that is there."""
        self._open.pop(key, None)
        return self._opened(self._held.pop(key))

    def together(self, keys: Sequence[ObjectKey]) -> tuple[Object, ...]:
        """The objects of these keys, in use from now on, unless they are so many that hardly another would be."""
        if len(keys) > self._most // 2:
            return tuple(self.values(keys))
        return tuple(self.put(key, self._opened(self._held[key])) for key in keys)

    def values(self, keys: Iterable[ObjectKey]) -> Iterator[Object]:
        """The objects of these keys, one opened at a time: who goes through many has none of them in use."""
        return (self._opened(self._held[key]) for key in keys)

    def _opened(self, held: Object | Packed) -> Object:
        return held if isinstance(held, Object) else held.open(self._resource)
