"""What a controller is made of: which objects wake which keys, and one function that reconciles a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from controllers.loop.cache import Cache
from controllers.loop.objects import Object, ObjectKey
from controllers.loop.queue import WorkQueue


class Everybody(Enum):
    """In place of keys: every object that the controller watches by its own key."""

    EVERYBODY = "everybody"


ToKeys = Callable[[Object], Iterable[ObjectKey] | Everybody]


def own_key(seen: Object) -> tuple[ObjectKey, ...]:
    """The key of the object itself."""
    return (seen.key,)


def everybody(_: Object) -> Everybody:
    """Whatever changed, everybody is concerned."""
    return Everybody.EVERYBODY


@dataclass(frozen=True)
class Watch:
    """Keeps `cache` current; each object that appears, changes or goes wakes the keys that `to_keys` gives for it.

    `to_keys` runs on every event and must neither wait nor raise. It may see the cache's projection of the object, and
    sees an object that is gone in its last state.
    """

    cache: Cache
    to_keys: ToKeys = own_key


@dataclass(frozen=True)
class Done:
    """Nothing is left to do until something changes."""


@dataclass(frozen=True)
class RequeueAfter:
    """Look again after so many seconds even if nothing changes."""

    seconds: float


Outcome = Done | RequeueAfter
Reconcile = Callable[[ObjectKey], Awaitable[Outcome]]


@dataclass(frozen=True)
class Controller:
    """One loop. `reconcile` looks at the whole state of its key, however often and for whatever reason it is called.

    `of` is what its keys name, for the log: `deployment`, `node`.

    It never runs twice at a time for a key, and only when every watched kind has been listed. A `Conflict` or
    `NotFound` that it raises means "look again"; any other error is logged. Both back off per key, 5 ms to 60 s.
    """

    name: str
    watches: Sequence[Watch]
    reconcile: Reconcile
    workers: int = 8
    of: str = "object"
    queue: WorkQueue[ObjectKey] = field(default_factory=WorkQueue)

    def wake(self, key: ObjectKey) -> None:
        """Wants the key to be looked at now, for news that no watch tells (a node's report, an event from a queue)."""
        self.queue.add(key)
