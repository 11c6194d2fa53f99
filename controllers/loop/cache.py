"""What the watches have seen of one kind: the memory from which reconciles build their snapshots.

A watch can lose deletions (after a gap the server only tells what is there), so a full list is the word that counts:
`replace` drops what is gone, without undoing what was seen or written while the list was under way.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

from controllers.loop.kube import Listing
from controllers.loop.objects import Json, Object, ObjectKey, Projection, Resource, number_of
from controllers.loop.packed import EVERY, Packed, PackedObjects

Index = Callable[[Object], Iterable[Hashable]]
Tally = Callable[[Object, int], None]

UNREAD_METADATA = frozenset({"managedFields", "selfLink"})
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def light(raw: Json) -> Json:
    """The default projection: without what no controller reads. Own projections should start from it."""
    metadata = {name: value for name, value in raw["metadata"].items() if name not in UNREAD_METADATA}
    annotations = metadata.get("annotations")
    if annotations and LAST_APPLIED in annotations:
        metadata["annotations"] = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
    return {**raw, "metadata": metadata}


def identity(raw: Json) -> Json:
    """What tells an object from all others, and from itself at another time."""
    names = ("name", "namespace", "uid", "resourceVersion")
    return {"metadata": {name: raw["metadata"][name] for name in names if name in raw["metadata"]}}


class Cache:
    """The objects of one kind. The newest resourceVersion wins; each index maps a value to the objects that have it.

    Each tally is told what comes (1) and what goes (-1), a changed object as both. `version` rises with every change.

    `projection` leaves out what no reconcile reads; it must keep what remains as it is, and be safe to repeat.
    `most_open` objects, those used last, are held as they are, the others packed (see `packed`).
    """

    def __init__(
        self,
        resource: Resource,
        projection: Projection = light,
        indexes: Mapping[str, Index] | None = None,
        tallies: Iterable[Tally] = (),
        most_open: int = EVERY,
    ) -> None:
        self.resource = resource
        self.synced = False
        self.version = 0
        self._tallies = tuple(tallies)
        self.projection = projection
        self._indexes = dict(indexes or {})
        self._objects = PackedObjects(resource, most_open)
        self._entries: dict[tuple[str, Hashable], tuple[ObjectKey, ...]] = {}
        self._gone: set[str] = set()
        self._gone_before: set[str] = set()

    def get(self, key: ObjectKey) -> Object | None:
        """The object, or None when it is not known."""
        return self._objects.get(key)

    def all(self) -> tuple[Object, ...]:
        """Every object, ordered by key."""
        return tuple(self.each())

    def each(self) -> Iterator[Object]:
        """As `all`, with one at a time in memory; not to be kept over an await."""
        return self._objects.values(self)

    def unordered(self) -> Iterator[Object]:
        """As `each` in no order, for sums over many."""
        return self._objects.values(self._objects)

    def __iter__(self) -> Iterator[ObjectKey]:
        """Every key, in order."""
        return iter(sorted(self._objects))

    def by(self, index: str, value: Hashable) -> tuple[Object, ...]:
        """The objects that have this value in an index, ordered by key."""
        return self._objects.together(self.keys_by(index, value))

    def keys_by(self, index: str, value: Hashable) -> tuple[ObjectKey, ...]:
        """The keys of these objects, ordered."""
        return self._entries.get((index, value), ())

    def __len__(self) -> int:
        return len(self._objects)

    def knows(self, seen: Object) -> bool:
        """Whether this very object is held as it is here, or newer."""
        held = self._objects.look(seen.key)
        return held is not None and held.uid == seen.uid and not _is_newer(seen, held)

    def put(self, seen: Object) -> bool:
        """Takes in an object as read, watched or written; False when it tells nothing newer."""
        held = self._objects.look(seen.key)
        if self._is_gone(seen) or (held is not None and not _is_newer(seen, held)):
            return False
        if held is not None:
            self._forget(seen.key)
        self._hold(Object(self.resource, self.projection(seen.raw)))
        return True

    def drop(self, gone: Object) -> bool:
        """Takes note that exactly this object (its uid) is gone; False when that is no news."""
        self._gone.add(gone.uid)
        held = self._objects.look(gone.key)
        if held is None or held.uid != gone.uid:
            return False
        self._forget(gone.key)
        return True

    def replace(self, listing: Listing) -> tuple[Object, ...]:
        """Takes in a full list and returns what it changed: what is new, and what is gone as it was last known."""
        listed = {each.key: each for each in listing.objects if not self._is_gone(each)}
        gone = [key for key in self if self._vanished(self._objects.look(key), listed.get(key), listing)]
        vanished = tuple(self._forget(key) for key in gone)
        fresh = tuple(each for each in listed.values() if self.put(each))
        self._gone_before, self._gone = self._gone, set()
        self.synced = True
        return fresh + vanished

    def _is_gone(self, seen: Object) -> bool:
        """A list or an own write may be answered late, after the watch has told of the deletion; uids never return."""
        return seen.uid in self._gone or seen.uid in self._gone_before

    def _vanished(self, held: Object | Packed | None, listed: Object | None, listing: Listing) -> bool:
        if held is None or (listed is not None and listed.uid == held.uid):
            return False
        return number_of(held.resource_version) <= number_of(listing.resource_version)

    def _hold(self, seen: Object) -> None:
        self._count(seen, 1)
        key = ObjectKey(sys.intern(seen.namespace), seen.name)
        self._objects.put(key, seen)
        for entry in self._entries_of(seen):
            found = self._entries.get(entry, ())
            place = bisect_left(found, key)
            self._entries[entry] = (*found[:place], key, *found[place:])

    def _count(self, seen: Object, sign: int) -> None:
        self.version += 1
        for tally in self._tallies:
            tally(seen, sign)

    def _forget(self, key: ObjectKey) -> Object:
        held = self._objects.pop(key)
        self._count(held, -1)
        for entry in self._entries_of(held):
            left = tuple(each for each in self._entries[entry] if each != key)
            if left:
                self._entries[entry] = left
            else:
                del self._entries[entry]
        return held

    def _entries_of(self, seen: Object) -> set[tuple[str, Hashable]]:
        return {(name, value) for name, index in self._indexes.items() for value in index(seen)}


def _is_newer(seen: Object, held: Object | Packed) -> bool:
    return number_of(seen.resource_version) > number_of(held.resource_version)
