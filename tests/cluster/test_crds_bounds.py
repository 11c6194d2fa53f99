"""Every bound of every schema holds on the real API server: a value beyond it, derived from the models, is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from crds.fields import SchemaField, fields
from crds.kinds import KINDS
from crds.meta import KindDefinition
from tests.cluster.api import Api
from tests.unit.crds.cases import patched, whole

WRONG = "!"
every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])


def bases(kind: KindDefinition) -> list[dict[str, Any]]:
    """Objects that have, together, every field."""
    more = [whole(kind, "action")] if kind.kind == "Job" else []
    return [whole(kind, "full"), *more]


def beyond(field: SchemaField, value: Any) -> Iterator[tuple[str, Any]]:
    """Each bound of a field with a value that breaks it."""
    schema = field.schema
    if "minimum" in schema:
        yield "minimum", schema["minimum"] - 1
    if "maximum" in schema:
        yield "maximum", schema["maximum"] + 1
    if schema.get("minLength"):
        yield "minLength", ""
    if "maxLength" in schema:
        yield "maxLength", str(value) + "x" * (schema["maxLength"] + 1 - len(str(value)))
    if "pattern" in schema:
        yield "pattern", WRONG
    if "format" in schema:
        yield "format", "2026-02-30T00:00:00Z"
    if "enum" in schema:
        yield "enum", "another"
    if schema.get("minItems"):
        yield "minItems", []
    if "maxItems" in schema:
        yield "maxItems", (value or [WRONG]) * (schema["maxItems"] + 1)
    if "maxProperties" in schema:
        yield "maxProperties", {f"k{number}": "v" for number in range(schema["maxProperties"] + 1)}
    wrong = {"string": 1, "integer": "one", "boolean": "yes", "array": {}, "object": []}
    yield "type", wrong[schema["type"]]


def at(made: Any, path: str) -> tuple[list[str | int], Any] | None:
    """The steps to a path in an object (the first of a list or map), and the value; None where it has none."""
    steps: list[str | int] = []
    for word in re.findall(r"[^.\[\]{}]+|\[\]|\{\}", path):
        if word in ("[]", "{}"):
            if not made:
                return None
            step: str | int = 0 if word == "[]" else next(iter(made))
        else:
            step = word
            if step not in made:
                return None
        steps.append(step)
        made = made[step]
    return steps, made


def put(made: Any, steps: list[str | int], value: Any) -> None:
    for step in steps[:-1]:
        made = made[step]
    made[steps[-1]] = value


def shown(steps: list[str | int]) -> str:
    """How the server names a place."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)[1:]


@every_kind
def test_what_is_beyond_a_bound_is_refused(api: Api, kind: KindDefinition) -> None:
    tried, wrongly_taken = 0, []
    for field in fields(kind):
        for base in range(len(bases(kind))):
            found = at(bases(kind)[base], field.path) if field.path.startswith("spec.") else None
            if found is None:
                continue
            steps, value = found
            for bound, bad in beyond(field, value):
                made = bases(kind)[base]
                put(made, steps, bad)
                answer = api.create(kind, made)
                tried += 1
                if answer.code != 422 or not any(place.startswith(shown(steps)) for place, _ in answer.causes):
                    wrongly_taken.append(f"{field.path} {bound}: {answer.code} {answer.causes}")
    assert wrongly_taken == []
    assert tried >= 8


@every_kind
def test_what_is_needed_is_asked_for(api: Api, kind: KindDefinition) -> None:
    for field in fields(kind):
        found = at(whole(kind, "full"), field.path) if field.path.startswith("spec.") and field.required else None
        if found is not None and field.named:
            steps, _ = found
            made = whole(kind, "full")
            inner = made
            for step in steps[:-1]:
                inner = inner[step]  # type: ignore[index]
            del inner[steps[-1]]
            assert api.create(kind, made).says(shown(steps), "Required value"), field.path


@every_kind
def test_every_object_of_the_models_own_making_is_taken(api: Api, kind: KindDefinition) -> None:
    """What controllers write is a model's wire form."""
    for base in bases(kind):
        wire = kind.spec.model_validate(base["spec"]).wire()
        assert api.create(kind, patched(base, {"spec": wire})).taken
