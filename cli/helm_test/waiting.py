"""Waits for what an object says; what does not come in time is told with the last word on it, and a remedy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from cli.errors import CliError
from cli.helm_test.cluster import ClusterDoor
from cli.seen import seen
from controllers.loop.objects import Resource

PAUSE_SECONDS = 0.5
Found = Mapping[str, Any] | None


class Stuck(CliError):
    """A step of the test's own node or deployment did not come about."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def is_ready(found: Found) -> bool:
    """Whether an object is Ready as it stands."""
    if found is None:
        return False
    it = seen("", found)
    ready = it.condition("Ready")
    return ready is not None and ready.status == "True" and not it.stale


def words(found: Found) -> str:
    """What an object says of itself, where that is not well."""
    if found is None:
        return "it is not there"
    conditions = seen("", found).conditions
    said = [f"{each.type}={each.status} {each.reason}. {each.message}".rstrip(". ") for each in conditions]
    return "; ".join(said) or "nobody has looked at it"


def await_ready(
    door: ClusterDoor, resource: Resource, name: str, namespace: str, seconds: float, late: Callable[[str], Stuck]
) -> None:
    """Until it is Ready. Raises what `late` makes of its last words."""
    _await(lambda: door.get(resource, name, namespace), is_ready, seconds, late)


def await_gone(
    door: ClusterDoor, resource: Resource, name: str, namespace: str, seconds: float, late: Callable[[str], Stuck]
) -> None:
    """Until it is not there. Raises what `late` makes of its last words."""
    _await(lambda: door.get(resource, name, namespace), lambda found: found is None, seconds, late)


def _await(
    look: Callable[[], Found], done: Callable[[Found], bool], seconds: float, late: Callable[[str], Stuck]
) -> None:
    deadline = time.monotonic() + seconds
    while not done(found := look()):
        if time.monotonic() > deadline:
            raise late(words(found))
        time.sleep(PAUSE_SECONDS)
