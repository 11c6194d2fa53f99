"""Every kind keeps the conventions of the API: names, columns, conditions, bounds, no defaults, clear messages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from crds.fields import SchemaField, fields
from crds.kinds import KINDS
from crds.meta import KindDefinition, Part
from crds.schema import manifest

IDS = [kind.kind for kind in KINDS]
KUBERNETES_SHORT_NAMES = {
    "cm", "cs", "ep", "ev", "limits", "ns", "no", "pvc", "pv", "po", "rc", "quota", "sa", "svc", "crd", "crds", "ds",
    "deploy", "rs", "sts", "hpa", "cj", "csr", "ing", "netpol", "pdb", "pc", "sc",
}  # fmt: skip

every_kind = pytest.mark.parametrize("kind", KINDS, ids=IDS)


def version(kind: KindDefinition) -> dict[str, Any]:
    (found,) = manifest(kind)["spec"]["versions"]
    assert isinstance(found, dict)
    return found


def at(kind: KindDefinition, path: str) -> SchemaField:
    """The field at a JSONPath of a column; a condition's filter stands for an element of the list."""
    plain = re.sub(r"\[[^]]*\]", "[]", path.removeprefix("."))
    return next(field for field in fields(kind) if field.path == plain)


def test_design_names_these_kinds() -> None:
    assert set(IDS) == {
        "Deployment", "Job", "Machine", "Volume", "RevisionMark", "Node", "Trust", "Tenant", "User", "Supervisor",
        "JoinToken", "Release",
    }  # fmt: skip


def test_no_name_is_taken_twice_or_from_kubernetes() -> None:
    names = Counter(name for kind in KINDS for name in (kind.plural, kind.kind.lower(), kind.short_name))
    assert [name for name, times in names.items() if times > 1] == []
    assert {kind.short_name for kind in KINDS} & KUBERNETES_SHORT_NAMES == set()
    assert all(re.fullmatch(r"hp[a-z]{2,}", kind.short_name) for kind in KINDS)


@every_kind
def test_a_kind_is_in_the_category_and_has_a_status_of_its_own(kind: KindDefinition) -> None:
    assert manifest(kind)["spec"]["names"]["categories"] == ["hardpan"]
    assert version(kind)["subresources"] == {"status": {}}
    assert kind.description.endswith(".")


@every_kind
def test_conditions_are_a_map_by_type_with_a_reason_always(kind: KindDefinition) -> None:
    conditions = at(kind, ".status.conditions").schema
    assert conditions["x-kubernetes-list-type"] == "map"
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    assert set(conditions["items"]["required"]) == {"type", "status", "reason", "message", "lastTransitionTime"}
    assert at(kind, ".status.observedGeneration").schema["type"] == "integer"


@every_kind
def test_every_column_shows_a_field_that_is_there(kind: KindDefinition) -> None:
    for column in kind.columns:
        if column.path != ".metadata.creationTimestamp":
            assert at(kind, column.path).schema["type"] == column.type


@every_kind
def test_a_list_has_eight_columns_at_most_and_ends_with_the_age(kind: KindDefinition) -> None:
    shown = [column.name for column in kind.columns if not column.wide]
    assert len(shown) <= 8
    assert shown[-1] == "Age"
    assert [column.wide for column in kind.columns] == sorted(column.wide for column in kind.columns)


@every_kind
def test_every_column_of_a_condition_names_a_documented_one(kind: KindDefinition) -> None:
    named = {word for column in kind.columns for word in re.findall(r'type=="(\w+)"', column.path)}
    assert named <= {each.type for each in kind.conditions}


@every_kind
def test_every_selectable_field_is_there(kind: KindDefinition) -> None:
    for path in kind.selectable_fields:
        assert at(kind, path).schema["type"] in ("string", "integer", "boolean")


@every_kind
def test_every_field_is_described(kind: KindDefinition) -> None:
    bare = [field.path for field in fields(kind) if field.named and not field.schema.get("description")]
    assert bare == []


@every_kind
def test_no_schema_has_a_default(kind: KindDefinition) -> None:
    assert [field.path for field in fields(kind) if "default" in field.schema] == []


def models(annotation: Any) -> Iterator[type[Part]]:
    """The models of an annotation, and those inside them."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    for inner in get_args(annotation):
        yield from models(inner)


@every_kind
def test_absent_stays_absent_in_a_spec(kind: KindDefinition) -> None:
    for model in models(kind.spec):
        for field in model.model_fields.values():
            assert field.is_required() or (field.default is None and field.default_factory is None)


@every_kind
def test_everything_is_bounded(kind: KindDefinition) -> None:
    """What has no bound could grow until it hurts the API server, or a reader with smaller integers."""
    unbounded = []
    for field in fields(kind):
        schema = field.schema
        free = schema.get("x-kubernetes-preserve-unknown-fields")
        bounds = {
            "string": "maxLength" in schema or "enum" in schema,
            "integer": "maximum" in schema and "minimum" in schema,
            "array": "maxItems" in schema,
            "object": "additionalProperties" not in schema or "maxProperties" in schema or free,
            "boolean": True,
        }
        if not bounds[schema["type"]]:
            unbounded.append(field.path)
    assert unbounded == []


@every_kind
def test_signed_lists_and_maps_are_replaced_as_a_whole(kind: KindDefinition) -> None:
    """Server-side apply by two managers must not merge what users sign as one."""
    for field in fields(kind):
        if field.path.startswith("spec.") and field.schema["type"] == "array":
            assert field.schema["x-kubernetes-list-type"] == "atomic", field.path
        if field.path.startswith("spec.") and isinstance(field.schema.get("additionalProperties"), dict):
            assert field.schema["x-kubernetes-map-type"] == "atomic", field.path


@every_kind
def test_every_rule_says_what_is_wrong_and_what_to_do(kind: KindDefinition) -> None:
    for field in fields(kind):
        for rule in field.rules:
            what, _, remedy = rule["message"].partition(": ")
            assert len(what) > 10, rule
            assert len(remedy) > 7, rule


@every_kind
def test_every_rule_is_said_of_a_field_that_is_there(kind: KindDefinition) -> None:
    for field in fields(kind):
        for rule in field.rules:
            inside: Any = field.schema
            for word in rule.get("fieldPath", "").split(".")[1:]:
                assert word in inside["properties"], rule
                inside = inside["properties"][word]
