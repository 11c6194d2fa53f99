"""What the watches have seen, by key and by index: the snapshot that reconciles read instead of the API server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from controllers.loop.kube import Listing, Object

Projection = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Index = Callable[[Object], Iterable[str]]


def whole(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The projection that only drops what nobody reads."""
    metadata = {key: value for key, value in raw.get("metadata", {}).items() if key != "managedFields"}
    return {**raw, "metadata": metadata}


class Cache:
    """Objects of one kind. The newest resourceVersion wins, so that own writes are seen before their echo."""

    def __init__(self, projection: Projection = whole, index: Index = lambda _: ()) -> None:
        self._projection = projection
        self._index = index
        self._objects: dict[str, Object] = {}
        self._indexed: dict[str, dict[str, None]] = {}
        self.synced = False

    def put(self, raw: Mapping[str, Any]) -> Object:
        """Takes in an object as read or written; an older version than the one held changes nothing."""
        new = Object(self._projection(raw))
        old = self._objects.get(new.key)
        if old is not None and old.uid == new.uid and _number(old.version) > _number(new.version):
            return old
        self._unindex(old)
        self._objects[new.key] = new
        for name in self._index(new):
            self._indexed.setdefault(name, {})[new.key] = None
        return new

    def drop(self, key: str, uid: str = "") -> None:
        """Forgets an object (only that uid, when given)."""
        old = self._objects.get(key)
        if old is not None and uid in ("", old.uid):
            self._unindex(old)
            del self._objects[key]

    def replace(self, listed: Listing) -> list[str]:
        """Takes in a full list; returns the keys of what has vanished. What is newer than the list stays."""
        present = {each.key: each.uid for each in listed.objects}
        vanished = [
            key
            for key, held in self._objects.items()
            if present.get(key) != held.uid and _number(held.version) <= _number(listed.version)
        ]
        for key in vanished:
            self.drop(key)
        for each in listed.objects:
            self.put(each.raw)
        self.synced = True
        return vanished

    def get(self, namespace: str, name: str) -> Object | None:
        """One object."""
        return self._objects.get(f"{namespace}/{name}")

    def all(self) -> list[Object]:
        """Every object, by key."""
        return [self._objects[key] for key in sorted(self._objects)]

    def indexed(self, name: str) -> list[Object]:
        """The objects under an index name, by key."""
        return [self._objects[key] for key in sorted(self._indexed.get(name, ()))]

    def __len__(self) -> int:
        return len(self._objects)

    def _unindex(self, old: Object | None) -> None:
        for name in self._index(old) if old is not None else ():
            keys = self._indexed.get(name, {})
            keys.pop(old.key if old else "", None)
            if not keys:
                self._indexed.pop(name, None)


def _number(version: str) -> int:
    return int(version) if version.isdigit() else 0
