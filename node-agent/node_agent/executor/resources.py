"""What this node was told to keep, and what it last saw of it: enough to go on alone, and to report."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from crds.workload import MachineItem, VolumeItem
from node_agent.executor.store import Store
from trust.report import Row, RowState

Kind = Literal["machine", "volume"]
KINDS: dict[str, Kind] = {"machine": "machine", "volume": "volume"}


@dataclass(frozen=True, order=True)
class Key:
    """A resource's identity on this node."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Assignment(_Part):
    """What a verified job asks to keep. `item` is the plan's item, `references` the addresses that it refers to.

    `deployment` is a name, `deployment_uid` and `tenant` are ids; `address` is the machine's own on the overlay.
    """

    kind: Kind
    namespace: str
    name: str
    deployment: str
    deployment_uid: str
    epoch: int
    generation: int
    digest: str
    item: dict[str, Any]
    host_name: str
    tenant: str
    address: str = ""
    references: dict[str, str] = {}

    @property
    def key(self) -> Key:
        """Identity on this node."""
        return Key(self.kind, self.namespace, self.name)

    @cached_property
    def machine(self) -> MachineItem:
        """The item of a machine."""
        return MachineItem.model_validate(self.item)

    @cached_property
    def volume(self) -> VolumeItem:
        """The item of a volume."""
        return VolumeItem.model_validate(self.item)


class Observation(_Part):
    """What the node knows of its state. `failures` counts starts that did not last; `retry_at` is in boot time."""

    state: RowState
    since: str
    restarts: int = 0
    failures: int = 0
    retry_at: float = 0.0
    message: str = ""


class Resource(_Part):
    """One line of the table. `removing` is set before anything is taken away, so that nothing starts it again."""

    assignment: Assignment
    observation: Observation
    removing: bool = False

    @property
    def key(self) -> Key:
        """Identity on this node."""
        return self.assignment.key

    def seen(self, state: RowState, now: str, **changes: Any) -> Resource:
        """The same with another observation; `since` moves only when the state does."""
        since = self.observation.since if state == self.observation.state else now
        observation = self.observation.model_copy(update={**changes, "state": state, "since": since})
        return self.model_copy(update={"observation": observation})

    def row(self) -> Row:
        """The line of the report."""
        assignment, seen = self.assignment, self.observation
        return Row(
            kind=assignment.kind,
            namespace=assignment.namespace,
            name=assignment.name,
            deployment=assignment.deployment_uid,
            epoch=assignment.epoch,
            generation=assignment.generation,
            item=assignment.digest,
            state=seen.state,
            restarts=seen.restarts,
            since=seen.since,
            address=assignment.address or None,
            message=seen.message[:256] or None,
        )


@dataclass(frozen=True)
class Kept:
    """A resource as the store has it, and what is made of it once."""

    resource: Resource

    @cached_property
    def key(self) -> Key:
        """Identity on this node."""
        return self.resource.key

    @cached_property
    def row(self) -> Row:
        """The line of the report."""
        return self.resource.row()


@dataclass(frozen=True)
class Table:
    """All resources by their text in the store, in a fixed order, as they were after so many changes of the store."""

    changes: int
    kept: dict[str, Kept]

    @cached_property
    def resources(self) -> dict[Key, Resource]:
        """The resources by what they are called."""
        return {each.key: each.resource for each in self.kept.values()}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The lines of the report."""
        return tuple(each.row for each in self.kept.values())


class Resources:
    """The table, kept in the store and read again only when something changed. Readers can wait for that."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._version = 0
        self._table = Table(-1, {})
        self._current()

    @property
    def version(self) -> int:
        """Rises with every change since the start of the process."""
        return self._version

    def get(self, key: Key) -> Resource | None:
        """One resource."""
        if self._table.changes == self._store.changes:
            return self._table.resources.get(key)
        with self._store.still() as committed:
            if committed:
                return self._current().resources.get(key)
            found = self._read("WHERE kind = ? AND namespace = ? AND name = ?", key.kind, key.namespace, key.name)
            return found.resources.get(key)

    def all(self) -> tuple[Resource, ...]:
        """All resources, in a fixed order."""
        return tuple(self._current().resources.values())

    def rows(self) -> tuple[Row, ...]:
        """The lines of the report, in the same order."""
        return self._current().rows

    def put(self, resource: Resource) -> None:
        """Keeps a resource; writes nothing when it is already kept like this."""
        key = resource.key
        held = self.get(key)
        if held is resource or held == resource:
            return
        with self._store.transaction() as connection:
            values = (key.kind, key.namespace, key.name, resource.model_dump_json())
            connection.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", values)
        self._announce()

    def drop(self, key: Key) -> None:
        """Forgets a resource of which nothing is left."""
        with self._store.transaction() as connection:
            values = (key.kind, key.namespace, key.name)
            connection.execute("DELETE FROM records WHERE kind = ? AND namespace = ? AND name = ?", values)
        self._announce()

    def wait(self, version: int, seconds: float) -> int:
        """Waits until the version differs from this one, at most so long; returns the version then."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, seconds)
            return self._version

    def _current(self) -> Table:
        """What an open transaction sees is only its own: it may yet be undone."""
        if self._table.changes == self._store.changes:
            return self._table
        with self._store.still() as committed:
            table = self._read()
            if committed:
                self._table = table
            return table

    def _read(self, which: str = "", *values: str) -> Table:
        changes = self._store.changes
        rows = self._store.rows(f"SELECT body FROM records {which} ORDER BY kind, namespace, name", *values)
        return Table(changes, {text: self._kept(text) for (text,) in rows})

    def _kept(self, text: str) -> Kept:
        """What did not change is not read again: each change of one would cost as much as there are others."""
        return self._table.kept.get(text) or Kept(Resource.model_validate_json(text))

    def _announce(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()
