"""An object as the API server showed it, read so that nothing in it can make us stumble. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    """A condition of an object."""

    type: str
    status: str
    reason: str
    message: str
    since: str


@dataclass(frozen=True)
class Seen:
    """An object of the API."""

    kind: str
    name: str
    namespace: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    conditions: tuple[Condition, ...]

    def condition(self, type_: str) -> Condition | None:
        """One condition, or None."""
        return next((each for each in self.conditions if each.type == type_), None)

    @property
    def deleted_since(self) -> str:
        """When its deletion was asked for; empty when it was not."""
        return one_line(self.metadata.get("deletionTimestamp"))

    @property
    def stale(self) -> bool:
        """Whether its status speaks of an older spec than the one that is there."""
        seen, wanted = self.status.get("observedGeneration"), self.metadata.get("generation")
        return isinstance(seen, int) and isinstance(wanted, int) and seen < wanted


def seen(kind: str, found: Mapping[str, Any]) -> Seen:
    """What was found, as an object of this kind."""
    metadata, spec, status = (_map(found.get(part)) for part in ("metadata", "spec", "status"))
    conditions = status.get("conditions")
    return Seen(
        kind,
        one_line(metadata.get("name")),
        one_line(metadata.get("namespace")),
        metadata,
        spec,
        status,
        tuple(_condition(each) for each in conditions if isinstance(each, Mapping))
        if isinstance(conditions, list)
        else (),
    )


def _condition(found: Mapping[str, Any]) -> Condition:
    parts = ("type", "status", "reason", "message", "lastTransitionTime")
    return Condition(*(one_line(found.get(part)) for part in parts))


def one_line(value: Any) -> str:
    """A text of the API in one line, so that it cannot look like lines of ours."""
    return " ".join(str(value if value is not None else "").split())


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
