"""Server-side apply of a status, as far as controllers can tell: who owns a field, and what leaving it out means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controllers.loop.objects import Json

Step = str | tuple[str]
Path = tuple[Step, ...]
Owners = Mapping[str, frozenset[Path]]


class FieldOwned(Exception):
    """Another manager holds a field with another value."""

    def __init__(self, path: Path, manager: str) -> None:
        super().__init__(f'conflict with "{manager}": .status.{dotted(path)}')


@dataclass(frozen=True)
class Applied:
    """A status and who owns its fields after an apply."""

    status: dict[str, Any]
    owners: Owners


def apply(status: Json, owners: Owners, manager: str, wanted: Json) -> Applied:
    """What the manager says becomes so; what it said before and leaves out goes, unless another says it too."""
    before, now = dict(flatten(status)), dict(flatten(wanted))
    for path, value in now.items():
        _refuse_foreign(path, value, before, owners, manager)
    foreign = frozenset().union(*(paths for name, paths in owners.items() if name != manager))
    left_out = owners.get(manager, frozenset()) - now.keys() - foreign
    above_now = {above for path in now for above in _above(path)}
    replaced = {path for path in before if path in above_now or any(above in now for above in _above(path))}
    kept = {path: value for path, value in before.items() if path not in left_out | replaced}
    return Applied(unflatten({**kept, **now}), {**owners, manager: frozenset(now)})


def _refuse_foreign(path: Path, value: Any, before: Mapping[Path, Any], owners: Owners, manager: str) -> None:
    for other, paths in owners.items():
        if other != manager and path in paths and before.get(path) != value:
            raise FieldOwned(path, other)


def _above(path: Path) -> list[Path]:
    """The paths that this one lies below."""
    return [path[:length] for length in range(1, len(path))]


def flatten(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves: maps are taken apart, `conditions` by their type; every other list is one leaf."""
    if isinstance(value, Mapping) and (value or not path):
        for name, inner in value.items():
            yield from flatten(inner, (*path, name))
    elif path and path[-1] == "conditions" and isinstance(value, list | tuple) and value:
        for each in value:
            yield from flatten(each, (*path, (each["type"],)))
    else:
        yield path, value


def unflatten(leaves: Mapping[Path, Any]) -> dict[str, Any]:
    """The inverse of `flatten`."""
    tree: dict[Step, Any] = {}
    for path, value in leaves.items():
        node = tree
        for step in path[:-1]:
            node = node.setdefault(step, {})
        node[path[-1]] = value
    return {str(name): _lists(inner) for name, inner in tree.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(isinstance(step, tuple) for step in node):
        return [_lists(inner) for inner in node.values()]
    return {name: _lists(inner) for name, inner in node.items()}


def dotted(path: Iterable[Step]) -> str:
    """A path for people."""
    return ".".join(step if isinstance(step, str) else f'[type="{step[0]}"]' for step in path)
