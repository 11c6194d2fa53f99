"""What the user of a storm wants, and when: three deployments, twenty machines in the end, on four nodes.

`calm` runs before the storm and is never changed. `tide` is made and changed twice in it, `crew` grows and shrinks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WITH_VOLUMES = """
for i in 0..params.replicas {
  let data = volume(`${params.name}-data-${i}`, #{ size: "32Mi" });
  machine(`${params.name}-${i}`, #{
    memory: params.memory, disk: "64Mi", image: params.image, spread: params.name,
    volumes: [ #{ volume: data, mount: "/data" } ],
  });
}
"""
WITHOUT = """
for i in 0..params.replicas {
  machine(`${params.name}-${i}`, #{
    memory: params.memory, disk: "64Mi", image: params.image, spread: params.name,
  });
}
"""
UNCHANGED = "calm"
MACHINES = 20


@dataclass(frozen=True)
class Wish:
    """A deployment as the user wants it from a time on, in seconds since the storm began."""

    at: float
    name: str
    replicas: int
    mebibytes: int
    script: str


WISHES = (
    Wish(0.0, "calm", 6, 96, WITH_VOLUMES),
    Wish(0.0, "tide", 8, 96, WITH_VOLUMES),
    Wish(0.0, "crew", 3, 96, WITHOUT),
    Wish(30.0, "crew", 7, 96, WITHOUT),
    Wish(45.0, "tide", 8, 112, WITH_VOLUMES),
    Wish(75.0, "crew", 4, 96, WITHOUT),
    Wish(90.0, "tide", 8, 104, WITH_VOLUMES),
    Wish(100.0, "crew", 6, 96, WITHOUT),
)


def machines(wishes: Mapping[str, Wish]) -> dict[str, int]:
    """Machines by name with their mebibytes of memory."""
    return {f"{wish.name}-{i}": wish.mebibytes for wish in wishes.values() for i in range(wish.replicas)}


def volumes(wishes: Mapping[str, Wish]) -> set[str]:
    """Volumes by name."""
    wanted = [wish for wish in wishes.values() if wish.script is WITH_VOLUMES]
    return {f"{wish.name}-data-{i}" for wish in wanted for i in range(wish.replicas)}


def lives(name: str, wishes: Iterable[Wish]) -> int:
    """How many lives a machine may have had when no fault hit it: one per wish that started or changed it."""
    owner, _, number = name.rpartition("-")
    count, before = 0, 0
    for wish in wishes:
        if wish.name == owner:
            now = wish.mebibytes if int(number) < wish.replicas else 0
            count += bool(now) and now != before
            before = now
    return count
