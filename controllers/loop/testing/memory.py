"""An API server in memory: versions, conflicts, generations, finalizers, owned status fields, watches, and a record
of writes. What it does not do: schemas, defaulting, admission, access control."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from controllers.loop.errors import AlreadyExists, Conflict, NotFound, Refused
from controllers.loop.informer import Deliver, WatchEvent
from controllers.loop.kube import Event, Listing
from controllers.loop.objects import EVENT, NAMESPACE, Json, Object, ObjectKey, Projection, Resource
from controllers.loop.status import AppliedStatuses
from controllers.loop.testing.apply import FieldOwned, Owners, apply
from controllers.loop.testing.select import matches

Clock = Callable[[], datetime]
Interrupt = Callable[[str, Resource, ObjectKey], None]


@dataclass(frozen=True)
class Write:
    """A write that reached the server; `verb` is create, delete, patch, status or event."""

    verb: str
    resource: Resource
    key: ObjectKey


class MemoryKube:
    """The fake of `Kube`.

    `writes` lists every write in order. `interrupt`, when set, is called before each call with verb, resource and key:
    it may raise a KubeError, or write to this same server to play another writer.
    """

    def __init__(self, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self.writes: list[Write] = []
        self.interrupt: Interrupt | None = None
        self._clock = clock
        self._objects: dict[tuple[Resource, ObjectKey], dict[str, Any]] = {}
        self._owners: dict[str, Owners] = {}
        self._applied = AppliedStatuses()
        self._version = 0
        self._uids = itertools.count(1)
        self._listeners: list[Deliver] = []

    async def get(self, resource: Resource, key: ObjectKey) -> Object:
        """See Kube."""
        self._enter("get", resource, key)
        return self._given(resource, self._find(resource, key))

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        selector: str = "",
        consistent: bool = True,
        projection: Projection | None = None,
    ) -> Listing:
        """See Kube."""
        self._enter("list", resource, ObjectKey(namespace, ""))
        found = [each for each in self.objects(resource, namespace) if matches(each, selector)]
        project = projection or (lambda raw: raw)
        return Listing(tuple(Object(resource, project(each.raw)) for each in found), str(self._version))

    async def create(self, resource: Resource, body: Json) -> Object:
        """See Kube."""
        raw = {"apiVersion": resource.api_version, "kind": resource.kind, **copied(body)}
        raw.pop("status", None)
        key = Object(resource, raw).key
        self._enter("create", resource, key)
        self._admit(resource, key)
        raw["metadata"] |= {"uid": f"uid-{next(self._uids)}", "generation": 1, "creationTimestamp": self._now()}
        self.writes.append(Write("create", resource, key))
        return self._store(resource, raw, "ADDED")

    async def delete(self, target: Object, *, unchanged: bool = False) -> None:
        """See Kube."""
        raw = self._writable("delete", target, unchanged)
        self.writes.append(Write("delete", target.resource, target.key))
        if not raw["metadata"].get("finalizers"):
            self._remove(target.resource, raw)
        elif "deletionTimestamp" not in raw["metadata"]:
            raw["metadata"] |= {"deletionTimestamp": self._now(), "deletionGracePeriodSeconds": 0}
            raw["metadata"]["generation"] += 1
            self._store(target.resource, raw, "MODIFIED")

    async def patch(self, target: Object, changes: Json) -> Object:
        """See Kube."""
        raw, before = self._writable("patch", target, unchanged=True), self._find(target.resource, target.key)
        merge(raw, {name: value for name, value in changes.items() if name != "status"})
        _refuse_new_finalizers(before, raw, target)
        self.writes.append(Write("patch", target.resource, target.key))
        if raw == before:
            return self._given(target.resource, before)
        if raw.get("spec") != before.get("spec"):
            raw["metadata"]["generation"] += 1
        if "deletionTimestamp" in raw["metadata"] and not raw["metadata"].get("finalizers"):
            return self._remove(target.resource, raw)
        return self._store(target.resource, raw, "MODIFIED")

    async def apply_status(self, target: Object, status: Json, manager: str) -> Object:
        """See Kube."""
        if not self._applied.needs_write(target, status, manager):
            return target
        raw = self._writable("status", target, unchanged=True)
        self.writes.append(Write("status", target.resource, target.key))
        try:
            applied = apply(raw.get("status") or {}, self._owners.get(target.uid, {}), manager, copied(status))
        except FieldOwned as problem:
            raise Refused(f"status of {target}: {problem}") from None
        self._applied.applied(target, status, manager)
        if applied.status == (raw.get("status") or {}) and applied.owners == self._owners.get(target.uid):
            return self._given(target.resource, self._find(target.resource, target.key))
        self._owners[target.uid] = applied.owners
        return self._store(target.resource, {**raw, "status": applied.status}, "MODIFIED")

    async def set_finalizers(self, target: Object, finalizers: Iterable[str]) -> Object:
        """See Kube."""
        return await self.patch(target, {"metadata": {"finalizers": [*finalizers]}})

    async def record_event(self, about: Object, event: Event) -> None:
        """See Kube."""
        key = ObjectKey(about.namespace or "default", f"{about.name}.{len(self.writes):x}")
        self._enter("event", EVENT, key)
        self.writes.append(Write("event", EVENT, key))
        note = {"reason": event.reason, "message": event.message, "type": event.type}
        about_it = {"kind": about.resource.kind, "name": about.name, "uid": about.uid}
        raw = {"metadata": {"namespace": key.namespace, "name": key.name}, "involvedObject": about_it, **note}
        self._store(EVENT, raw, "ADDED")

    def objects(self, resource: Resource, namespace: str = "") -> tuple[Object, ...]:
        """What is there, by key; for tests, without counting as a call."""
        keys = sorted(key for kind, key in self._objects if kind == resource and namespace in ("", key.namespace))
        return tuple(self._given(resource, self._objects[resource, key]) for key in keys)

    def listen(self, listener: Deliver) -> Callable[[], None]:
        """Tells the listener of each change, a turn of the event loop later; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _enter(self, verb: str, resource: Resource, key: ObjectKey) -> None:
        if self.interrupt is not None:
            self.interrupt(verb, resource, key)

    def _admit(self, resource: Resource, key: ObjectKey) -> None:
        if (resource, key) in self._objects:
            raise AlreadyExists(f'{resource} "{key}" already exists')
        namespace = self._objects.get((NAMESPACE, ObjectKey("", key.namespace)))
        if namespace is not None and "deletionTimestamp" in namespace["metadata"]:
            raise Refused(f'{resource} "{key}" is forbidden: its namespace is being terminated')

    def _find(self, resource: Resource, key: ObjectKey) -> dict[str, Any]:
        found = self._objects.get((resource, key))
        if found is None:
            raise NotFound(f'{resource} "{key}" not found')
        return found

    def _writable(self, verb: str, target: Object, unchanged: bool) -> dict[str, Any]:
        self._enter(verb, target.resource, target.key)
        raw: dict[str, Any] = copied(self._find(target.resource, target.key))
        if raw["metadata"]["uid"] != target.uid:
            raise Conflict(f"{target} is another object now: its uid is {raw['metadata']['uid']}")
        if unchanged and raw["metadata"]["resourceVersion"] != target.resource_version:
            raise Conflict(f"{target} has been modified: look again and decide again")
        return raw

    def _store(self, resource: Resource, raw: dict[str, Any], news: str) -> Object:
        self._version += 1
        raw["metadata"]["resourceVersion"] = str(self._version)
        self._objects[resource, Object(resource, raw).key] = kept = self._kept(raw)
        return self._tell(resource, kept, news)

    def _remove(self, resource: Resource, raw: dict[str, Any]) -> Object:
        self._version += 1
        raw["metadata"]["resourceVersion"] = str(self._version)
        del self._objects[resource, Object(resource, raw).key]
        self._owners.pop(raw["metadata"]["uid"], None)
        return self._tell(resource, self._kept(raw), "DELETED")

    def _tell(self, resource: Resource, raw: Json, news: Any) -> Object:
        for listener in self._listeners:
            asyncio.get_running_loop().call_soon(listener, WatchEvent(news, self._given(resource, raw)))
        return self._given(resource, raw)

    def _kept(self, raw: dict[str, Any]) -> dict[str, Any]:
        """What is kept of an object; it is replaced, and never changed."""
        return raw

    def _given(self, resource: Resource, raw: Json) -> Object:
        """What readers get; here each a copy of its own."""
        return Object(resource, copied(raw))

    def _now(self) -> str:
        return f"{self._clock():%Y-%m-%dT%H:%M:%SZ}"


def copied(value: Any) -> Any:
    """A copy of a JSON value, at a fifth of the price of `copy.deepcopy`."""
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, (dict, Mapping)):
        return {name: copied(inner) for name, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list | tuple) else value


def merge(target: dict[str, Any], changes: Json) -> None:
    """JSON merge patch (RFC 7386), in place."""
    for name, value in changes.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, Mapping):
            inner = target.get(name)
            target[name] = inner if isinstance(inner, dict) else {}
            merge(target[name], value)
        else:
            target[name] = copied(value)


def _refuse_new_finalizers(before: Json, after: Json, target: Object) -> None:
    added = set(after["metadata"].get("finalizers") or ()) - set(before["metadata"].get("finalizers") or ())
    if added and "deletionTimestamp" in before["metadata"]:
        raise Refused(f"{target}: no new finalizers can be added if the object is being deleted, found {sorted(added)}")
