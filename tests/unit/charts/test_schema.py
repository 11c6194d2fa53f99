"""The schema lets nothing through that the models would not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from charts.values.model import Values
from charts.values.schema import schema


def _objects(node: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        if "properties" in node:
            yield place, node
        for name, each in node.items():
            yield from _objects(each, f"{place}/{name}")


def test_no_object_takes_a_key_that_it_does_not_know() -> None:
    found = dict(_objects(schema()))
    assert len(found) > 20
    assert [place for place, each in found.items() if each.get("additionalProperties") is not False] == []


def test_every_key_has_a_description() -> None:
    lacking = [
        f"{place}.{name}"
        for place, each in _objects(schema())
        for name, field in each["properties"].items()
        if not field.get("description") and "$ref" not in field
    ]
    assert lacking == []


def test_defaults_are_told_in_values_only() -> None:
    assert '"default":' not in str(schema())


@pytest.mark.parametrize(
    "values",
    [
        {"cluter": "x"},
        {"gateway": {"service": {"port": 0}}},
        {"redis": {"bundled": {"memory": "256Mi"}}},
        {"queueUrl": "redis://plain:6379"},
        {"queueUrl": "rediss://user:secret@host:6379"},
    ],
)
def test_what_is_wrong_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Values.model_validate(values)
