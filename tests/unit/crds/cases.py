"""The cases of tests/cases/crds.*: objects that the API server takes, and changes of them that it refuses.

`accepted/minimal.yaml` is a whole object and `full.yaml` has every field; every other case is a merge patch over one of
the accepted files: `create` of a new object, or `update` of one that is there (`with` changes it before). A refused
case says the `field` and a part of the message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from controllers.loop.testing.memory import copied, merge
from crds.kinds import KINDS
from crds.meta import KindDefinition

CASES = Path(__file__).parents[2] / "cases"
KIND_BY_FOLDER = {f"crds.{kind.kind.lower()}": kind for kind in KINDS}


@dataclass(frozen=True)
class Case:
    """One thing to try. `update` is None for an object that is to be made."""

    kind: KindDefinition
    name: str
    group: str
    object: Mapping[str, Any]
    update: Mapping[str, Any] | None
    field: str
    says: str

    def __str__(self) -> str:
        return f"{self.kind.kind}-{self.group}-{self.name}"


@cache
def documents(file: Path) -> list[dict[str, Any]]:
    """What is in a file."""
    return [each for each in yaml.safe_load_all(file.read_text()) if each]


def whole(kind: KindDefinition, name: str) -> dict[str, Any]:
    """The object of an accepted file."""
    (found,) = documents(CASES / f"crds.{kind.kind.lower()}" / "accepted" / f"{name}.yaml")
    if "base" not in found:
        return copied(found)  # type: ignore[no-any-return]
    return patched(whole(kind, found["base"]), found["create"])


def patched(target: dict[str, Any], *changes: Mapping[str, Any]) -> dict[str, Any]:
    """The object with merge patches applied."""
    for each in changes:
        merge(target, copied(each))
    return target


def cases(group: str) -> list[Case]:
    """All cases of `accepted` or `refused`."""
    return [case for folder in sorted(KIND_BY_FOLDER) for case in _of(folder, group)]


def _of(folder: str, group: str) -> Iterator[Case]:
    kind = KIND_BY_FOLDER[folder]
    for file in sorted((CASES / folder / group).glob("*.yaml")):
        for each in documents(file):
            whole_file = "base" not in each
            base = whole(kind, file.stem if whole_file else each["base"])
            made = base if whole_file else patched(base, each.get("with", {}), each.get("create", {}))
            name = each.get("name", file.stem)
            yield Case(kind, name, group, made, each.get("update"), each.get("field", ""), each.get("says", ""))
