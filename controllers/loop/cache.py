"""What the watches have seen of one kind: the memory from which reconciles build their snapshots.

A watch can lose deletions (after a gap the server only tells what is there), so a full list is the word that counts:
`replace` drops what is gone, without undoing what was seen or written while the list was under way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from controllers.loop.kube import Listing
from controllers.loop.objects import Json, Object, ObjectKey, Projection, Resource, number_of

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


class Cache:
    """The objects of one kind. The newest resourceVersion wins; each index maps a value to the objects that have it.

    Each tally is told what comes (1) and what goes (-1), a changed object as both. `version` rises with every change.

    `projection` leaves out what no reconcile reads; it must keep what remains as it is, and be safe to repeat.
    """

    def __init__(
        self,
        resource: Resource,
        projection: Projection = light,
        indexes: Mapping[str, Index] | None = None,
        tallies: Iterable[Tally] = (),
    ) -> None:
        self.resource = resource
        self.synced = False
        self.version = 0
        self._tallies = tuple(tallies)
        self.projection = projection
        self._indexes = dict(indexes or {})
        self._objects: dict[ObjectKey, Object] = {}
        self._entries: dict[tuple[str, Hashable], dict[ObjectKey, Object]] = {}
        self._gone: set[str] = set()
        self._gone_before: set[str] = set()

    def get(self, key: ObjectKey) -> Object | None:
        """The object, or None when it is not known."""
        return self._objects.get(key)

    def all(self) -> tuple[Object, ...]:
        """Every object, ordered by key."""
        return tuple(self._objects[key] for key in sorted(self._objects))

    def unordered(self) -> Iterable[Object]:
        """Every object, for sums over many; not to be kept over an await."""
        return self._objects.values()

    def by(self, index: str, value: Hashable) -> tuple[Object, ...]:
        """The objects that have this value in an index, ordered by key."""
        found = self._entries.get((index, value), {})
        return tuple(found[key] for key in sorted(found))

    def __len__(self) -> int:
        return len(self._objects)

    def put(self, seen: Object) -> bool:
        """Takes in an object as read, watched or written; False when it tells nothing newer."""
        if self._is_gone(seen):
            return False
        held = self._objects.get(seen.key)
        if held is not None and number_of(seen.resource_version) <= number_of(held.resource_version):
            return False
        if held is not None:
            self._forget(held)
        self._hold(Object(self.resource, self.projection(seen.raw)))
        return True

    def drop(self, gone: Object) -> bool:
        """Takes note that exactly this object (its uid) is gone; False when that is no news."""
        self._gone.add(gone.uid)
        held = self._objects.get(gone.key)
        if held is None or held.uid != gone.uid:
            return False
        self._forget(held)
        return True

    def replace(self, listing: Listing) -> tuple[Object, ...]:
        """Takes in a full list and returns what it changed: what is new, and what is gone as it was last known."""
        listed = {each.key: each for each in listing.objects if not self._is_gone(each)}
        vanished = tuple(held for held in self.all() if self._vanished(held, listed.get(held.key), listing))
        for held in vanished:
            self._forget(held)
        fresh = tuple(each for each in listed.values() if self.put(each))
        self._gone_before, self._gone = self._gone, set()
        self.synced = True
        return fresh + vanished

    def _is_gone(self, seen: Object) -> bool:
        """A list or an own write may be answered late, after the watch has told of the deletion; uids never return."""
        return seen.uid in self._gone or seen.uid in self._gone_before

    def _vanished(self, held: Object, listed: Object | None, listing: Listing) -> bool:
        if listed is not None and listed.uid == held.uid:
            return False
        return number_of(held.resource_version) <= number_of(listing.resource_version)

    def _hold(self, seen: Object) -> None:
        self._count(seen, 1)
        self._objects[seen.key] = seen
        for entry in self._entries_of(seen):
            self._entries.setdefault(entry, {})[seen.key] = seen

    def _count(self, seen: Object, sign: int) -> None:
        self.version += 1
        for tally in self._tallies:
            tally(seen, sign)

    def _forget(self, held: Object) -> None:
        self._count(held, -1)
        del self._objects[held.key]
        for entry in self._entries_of(held):
            objects = self._entries[entry]
            objects.pop(held.key, None)
            if not objects:
                del self._entries[entry]

    def _entries_of(self, seen: Object) -> set[tuple[str, Hashable]]:
        return {(name, value) for name, index in self._indexes.items() for value in index(seen)}
