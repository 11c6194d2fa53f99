"""The hosts as the history tells them: what runs where, and since which start. Invariants are folds over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.sim.history import Entry


@dataclass
class Place:
    """One node: machines by host name with the values that they run with, and volumes with their size."""

    running: dict[str, tuple[object, ...]] = field(default_factory=dict)
    volumes: dict[str, int] = field(default_factory=dict)
    made: dict[str, float] = field(default_factory=dict)
    drives: dict[str, list[str]] = field(default_factory=dict)
    binned: set[str] = field(default_factory=set)
    drained: float = float("-inf")
    """When it was last known to be drained; infinite while it is."""
    stopped: dict[str, str] = field(default_factory=dict)
    launched: dict[str, str] = field(default_factory=dict)


class Hosts:
    """All nodes; `take` an entry after looking at it."""

    def __init__(self) -> None:
        self.nodes: dict[str, Place] = {}

    def at(self, node: str) -> Place:
        """One node."""
        return self.nodes.setdefault(node, Place())

    def take(self, entry: Entry) -> None:
        """What the entry changed."""
        place, name, details = self.at(entry.who), entry.subject, entry.details
        match entry.what:
            case "sal.start":
                place.running[name] = started(entry)
                place.drives[name], place.launched[name] = details["drives"], details["launch"]
                place.stopped.pop(name, None)
            case "sal.stop":
                if place.running.pop(name, None):
                    place.stopped[name] = place.launched[name]
            case "guest ended":
                place.running.pop(name, None)
            case "drains":
                place.drained = float("inf")
            case "undrained":
                place.drained = entry.at
            case "power lost":
                place.running.clear()
            case "sal.root":
                place.made.setdefault(name, entry.at)
            case "sal.remove":
                place.made.pop(name, None)
                place.stopped.pop(name, None)
            case "sal.create" | "sal.grow" | "sal.restore":
                place.volumes[name] = details["size"]
                place.made.setdefault(name, entry.at)
                place.binned.discard(name)
            case "sal.bin" | "sal.destroy":
                place.volumes.pop(name, None)
                place.binned |= {name} if entry.what == "sal.bin" else set()
                place.made.pop(name, None)


def started(entry: Entry) -> tuple[object, ...]:
    """The values of a start, as `truth.values_of` has them."""
    return tuple(entry.details[each] for each in ("cpus", "memory", "disk", "image"))


def along(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Hosts]]:
    """Each entry with the hosts as they were before it."""
    hosts = Hosts()
    for entry in entries:
        yield entry, hosts
        hosts.take(entry)
