"""Walks the schema of a kind: every field with its path, and every rule with where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crds.meta import KindDefinition
from crds.schema import manifest

RULES = "x-kubernetes-validations"


@dataclass(frozen=True)
class SchemaField:
    """One place in a kind's schema: `spec.keys[].state`; `[]` is what a list holds, `{}` what a map holds."""

    path: str
    schema: Mapping[str, Any]
    required: bool

    @property
    def named(self) -> bool:
        """Whether it is a field of its own and not the inside of a list or map."""
        return not self.path.endswith(("[]", "{}"))

    @property
    def rules(self) -> list[Mapping[str, str]]:
        """The CEL rules that stand here."""
        return list(self.schema.get(RULES, ()))


def schema_of(kind: KindDefinition) -> Mapping[str, Any]:
    """The whole schema of a kind."""
    (version,) = manifest(kind)["spec"]["versions"]
    schema: Mapping[str, Any] = version["schema"]["openAPIV3Schema"]
    return schema


def fields(kind: KindDefinition) -> Iterator[SchemaField]:
    """The object itself (with the empty path), spec, status, and all inside them, in the order of the models."""
    root = schema_of(kind)
    yield SchemaField("", root, required=True)
    for part in ("spec", "status"):
        yield from _inside(SchemaField(part, root["properties"][part], part == "spec"))


def _inside(field: SchemaField) -> Iterator[SchemaField]:
    yield field
    required = field.schema.get("required", ())
    for name, schema in field.schema.get("properties", {}).items():
        yield from _inside(SchemaField(f"{field.path}.{name}", schema, name in required))
    for word, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(field.schema.get(word), Mapping):
            yield from _inside(SchemaField(field.path + mark, field.schema[word], required=True))
