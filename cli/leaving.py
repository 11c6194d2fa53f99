"""What is still on a node that is drained: what leaves it by itself, and what stays, with the reason. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.seen import Seen, seen

STAYS = "Stays"


@dataclass(frozen=True)
class Leaving:
    """Machines by `namespace/name`: those that leave, those that stay with why, where others are; and the volumes."""

    going: frozenset[str] = frozenset()
    staying: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing of ours is on the node."""
        return not (self.going or self.staying or self.volumes)


def leaving(node: str, objects: Iterable[Mapping[str, Any]]) -> Leaving:
    """The picture of Machines and Volumes as the API server lists them."""
    found = [seen(str(each.get("kind", "")).lower(), each) for each in objects]
    machines = {f"{each.namespace}/{each.name}": each for each in found if each.kind == "machine"}
    there = {name: each for name, each in machines.items() if each.spec.get("node") == node}
    staying = {name: why for name, each in there.items() if (why := _stays(each))}
    return Leaving(
        going=frozenset(there) - staying.keys(),
        staying=staying,
        elsewhere={name: str(each.spec.get("node", "")) for name, each in machines.items() if name not in there},
        volumes=tuple(
            sorted(f"{each.namespace}/{each.name}" for each in found if each.kind == "volume" and _on(each, node))
        ),
    )


def _on(it: Seen, node: str) -> bool:
    return bool(it.spec.get("node") == node)


def _stays(machine: Seen) -> str:
    placed = machine.condition("Placed")
    if placed is None or placed.reason != STAYS or machine.deleted_since:
        return ""
    return placed.message.partition("stays there: ")[2] or placed.message


def news(before: Leaving, now: Leaving) -> list[str]:
    """What changed, a line each."""
    gone = sorted((before.going | before.staying.keys()) - now.going - now.staying.keys())
    left = [f"  - machine {name} has left{_where(now.elsewhere.get(name))}" for name in gone]
    stuck = [f"  ! machine {name} stays: {why}" for name, why in now.staying.items() if before.staying.get(name) != why]
    return [*left, *stuck]


def _where(node: str | None) -> str:
    return f" for {node}" if node else ""


def remainder(now: Leaving) -> str:
    """What is left in one sentence; empty when nothing is."""
    parts = [
        f"{_machines(len(now.going))} to leave" if now.going else "",
        f"{_machines(len(now.staying))} to stay" if now.staying else "",
        f"volumes {', '.join(now.volumes)} stay, for volumes do not move" if now.volumes else "",
    ]
    return "; ".join(each for each in parts if each)


def _machines(number: int) -> str:
    return f"{number} machine{'' if number == 1 else 's'}"
