"""One list of every setting: path, default and meaning. Defaults and documentation are written from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from charts.values.model import Values
from crds.meta import Part


@dataclass(frozen=True)
class Setting:
    """One key; a `group` has others below it."""

    path: tuple[str, ...]
    default: Any
    meaning: str
    group: bool


def settings() -> list[Setting]:
    """All settings, each group before what is in it."""
    return list(_settings(Values(), ()))


def _settings(part: Part, above: tuple[str, ...]) -> Iterator[Setting]:
    for name, field in type(part).model_fields.items():
        path, held = (*above, _key(name, field)), getattr(part, name)
        if isinstance(held, Part):
            yield Setting(path, {}, field.description or "", True)
            yield from _settings(held, path)
        elif held is not None and path != ("global",):
            yield Setting(path, held, field.description or "", False)


def _key(name: str, field: FieldInfo) -> str:
    return field.serialization_alias or field.alias or name
