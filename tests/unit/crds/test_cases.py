"""No rule and no field of a spec is without a case that it refuses, so that none can be lost or loosened unseen."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crds.fields import SchemaField, fields
from crds.kinds import KINDS
from crds.meta import KindDefinition
from tests.unit.crds.cases import CASES, KIND_BY_FOLDER, Case, cases, whole

REFUSED, ACCEPTED = cases("refused"), cases("accepted")
BOUNDS = {"minimum", "maximum", "minLength", "maxLength", "pattern", "enum", "minItems", "maxItems", "format"}
RULES = [
    (kind, field, rule)
    for kind in KINDS
    for field in fields(kind)
    for rule in field.rules
    if not field.path.startswith("status")
]

every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])


def of(kind: KindDefinition, group: list[Case]) -> list[Case]:
    return [case for case in group if case.kind is kind]


def plain(path: str) -> str:
    """A path of an answer as the schema has it: list elements without their number."""
    return re.sub(r"\[\d+\]", "[]", path)


def is_bounded(field: SchemaField) -> bool:
    return field.path.startswith("spec.") and bool(field.schema.keys() & BOUNDS)


def test_every_folder_of_cases_is_of_a_kind() -> None:
    assert {folder.name for folder in CASES.glob("crds.*")} == set(KIND_BY_FOLDER)


@pytest.mark.parametrize(
    ("kind", "field", "rule"), RULES, ids=[f"{kind.kind}-{rule['message'][:40]}" for kind, _, rule in RULES]
)
def test_every_rule_has_a_case_that_it_refuses(kind: KindDefinition, field: SchemaField, rule: dict[str, str]) -> None:
    said = [case for case in of(kind, REFUSED) if case.says == rule["message"]]
    assert said, f"no case in tests/cases/crds.{kind.kind.lower()}/refused says: {rule['message']}"
    place = field.path + rule.get("fieldPath", "")
    assert {plain(case.field) for case in said} == {place.removeprefix(".")}
    if "oldSelf" in rule["rule"]:
        assert all(case.update for case in said)


@every_kind
def test_a_kind_with_rules_of_change_has_a_change_that_is_taken(kind: KindDefinition) -> None:
    if any("oldSelf" in rule["rule"] for field in fields(kind) for rule in field.rules):
        assert [case for case in of(kind, ACCEPTED) if case.update]


@every_kind
def test_every_bounded_field_of_a_spec_has_a_case_that_is_refused(kind: KindDefinition) -> None:
    tried = {plain(case.field) for case in of(kind, REFUSED)}
    values = {path.rpartition(".")[0] + "{}" for path in tried}
    left = [field.path for field in fields(kind) if is_bounded(field) and field.path not in tried | values]
    assert left == []


@every_kind
def test_every_needed_field_of_a_spec_is_in_the_smallest_object_and_every_field_in_the_full_one(
    kind: KindDefinition,
) -> None:
    def paths(value: Any, path: str = "spec") -> set[str]:
        found = {path}
        if isinstance(value, dict):
            found |= {inner for name, each in value.items() for inner in paths(each, f"{path}.{name}")}
        if isinstance(value, list):
            found |= {inner for each in value for inner in paths(each, f"{path}[]")}
        return found

    full = paths(whole(kind, "full")["spec"]) | paths(whole(kind, "minimal")["spec"])
    named = [field for field in fields(kind) if field.named and field.path.startswith("spec.")]
    # A job is of a plan or of an action, never of both.
    assert [field.path for field in named if field.path not in full and not field.path.startswith("spec.action")] == []


def test_no_case_is_told_twice() -> None:
    names = [str(case) for case in (*REFUSED, *ACCEPTED)]
    assert len(names) == len(set(names))


def test_a_refused_case_says_where_and_what() -> None:
    assert [str(case) for case in REFUSED if not case.field or not case.says] == []
