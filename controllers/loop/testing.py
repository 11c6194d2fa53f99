"""An API server in memory: versions, conflicts, generations, finalizers, status ownership, and a count of writes.

It passes the contract tests that the real one passes (tests/contract_kube.py).
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from controllers.loop.errors import Conflict, Gone
from controllers.loop.kube import Listing, Object, Resource

Listener = Callable[[Resource, str, Mapping[str, Any]], None]


class MemoryKube:
    """`controllers.loop.kube.Kube` in memory. `writes` counts (verb, kind); listeners get every event."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._owned: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
        self._versions = itertools.count(1)
        self._uids = itertools.count(1)
        self._version = 0
        self._listeners: list[Listener] = []
        self.writes: Counter[tuple[str, str]] = Counter()

    def listen(self, listener: Listener) -> None:
        """Tells every event: ADDED, MODIFIED or DELETED, with the object."""
        self._listeners.append(listener)

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """See Kube."""
        return Object(copy.deepcopy(self._find(resource, namespace, name)))

    async def list(self, resource: Resource, namespace: str = "", labels: str = "") -> Listing:
        """See Kube."""
        wanted = dict(pair.split("=", 1) for pair in labels.split(",")) if labels else {}
        found = [
            Object(copy.deepcopy(raw))
            for (plural, space, _), raw in sorted(self._objects.items())
            if plural == resource.plural and namespace in ("", space)
        ]
        chosen = [each for each in found if wanted.items() <= dict(each.labels).items()]
        return Listing(tuple(chosen), str(self._version))

    async def create(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """See Kube."""
        raw = copy.deepcopy({"apiVersion": resource.api_version, "kind": resource.kind, **body})
        raw.pop("status", None)
        namespace, name = raw["metadata"].get("namespace", ""), raw["metadata"]["name"]
        if (resource.plural, namespace, name) in self._objects:
            raise Conflict(f"{resource.plural} {namespace}/{name} already exists")
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        raw["metadata"] |= {"uid": f"uid-{next(self._uids)}", "generation": 1, "creationTimestamp": now}
        return self._store("create", resource, raw, "ADDED")

    async def patch(self, resource: Resource, seen: Object, patch: Mapping[str, Any]) -> Object:
        """See Kube."""
        raw = copy.deepcopy(self._seen(resource, seen))
        if raw["metadata"]["resourceVersion"] != seen.version:
            raise Conflict(f"{resource.plural} {seen.key} has been modified")
        before = copy.deepcopy(raw.get("spec"))
        _merge(raw, {key: value for key, value in patch.items() if key != "status"})
        if raw.get("spec") != before:
            raw["metadata"]["generation"] += 1
        if seen.deleting and not raw["metadata"].get("finalizers"):
            return self._remove(resource, raw)
        return self._store("patch", resource, raw, "MODIFIED")

    async def apply_status(self, resource: Resource, seen: Object, status: Mapping[str, Any], manager: str) -> Object:
        """See Kube. A field that another manager owns with another value is a conflict."""
        raw = copy.deepcopy(self._seen(resource, seen))
        owned = self._owned.setdefault((resource.plural, seen.namespace, seen.name), {})
        flat = _flatten(status)
        for other, fields in owned.items():
            clash = [key for key in flat if other != manager and key in fields and fields[key] != flat[key]]
            if clash:
                raise Conflict(f"conflict with {other}: .status.{clash[0]}")
        owned[manager] = flat
        merged: dict[str, Any] = {}
        for fields in owned.values():
            _unflatten(merged, fields)
        if raw.get("status", {}) == merged:
            return Object(raw)
        raw["status"] = merged
        return self._store("status", resource, raw, "MODIFIED")

    async def delete(self, resource: Resource, seen: Object) -> None:
        """See Kube."""
        try:
            raw = copy.deepcopy(self._seen(resource, seen))
        except (Gone, Conflict):
            return
        if not raw["metadata"].get("finalizers"):
            self._remove(resource, raw)
        elif "deletionTimestamp" not in raw["metadata"]:
            raw["metadata"]["deletionTimestamp"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            raw["metadata"]["generation"] += 1
            self._store("delete", resource, raw, "MODIFIED")

    def _find(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        found = self._objects.get((resource.plural, namespace if resource.namespaced else "", name))
        if found is None:
            raise Gone(f"{resource.plural} {namespace}/{name} not found")
        return found

    def _seen(self, resource: Resource, seen: Object) -> dict[str, Any]:
        found = self._find(resource, seen.namespace, seen.name)
        if found["metadata"]["uid"] != seen.uid:
            raise Conflict(f"{resource.plural} {seen.key} is another object now")
        return found

    def _store(self, verb: str, resource: Resource, raw: dict[str, Any], event: str) -> Object:
        self._version = next(self._versions)
        raw["metadata"]["resourceVersion"] = str(self._version)
        key = (resource.plural, raw["metadata"].get("namespace", ""), raw["metadata"]["name"])
        self._objects[key] = raw
        self._tell(verb, resource, event, raw)
        return Object(copy.deepcopy(raw))

    def _remove(self, resource: Resource, raw: dict[str, Any]) -> Object:
        self._version = next(self._versions)
        raw["metadata"]["resourceVersion"] = str(self._version)
        key = (resource.plural, raw["metadata"].get("namespace", ""), raw["metadata"]["name"])
        del self._objects[key]
        self._owned.pop(key, None)
        self._tell("delete", resource, "DELETED", raw)
        return Object(copy.deepcopy(raw))

    def _tell(self, verb: str, resource: Resource, event: str, raw: Mapping[str, Any]) -> None:
        self.writes[(verb, resource.kind)] += 1
        for listener in self._listeners:
            listener(resource, event, copy.deepcopy(dict(raw)))


def _merge(target: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """RFC 7386."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = copy.deepcopy(value)


def _flatten(status: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as server-side apply owns them here: top-level ones, and conditions one by one."""
    flat = {key: value for key, value in status.items() if key != "conditions"}
    return flat | {f"conditions/{each['type']}": each for each in status.get("conditions", ())}


def _unflatten(target: dict[str, Any], fields: Mapping[str, Any]) -> None:
    for key, value in fields.items():
        if key.startswith("conditions/"):
            target.setdefault("conditions", []).append(copy.deepcopy(value))
        else:
            target[key] = copy.deepcopy(value)
