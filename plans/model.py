"""The plan: what a signed script evaluates to. Its digest is what users sign; every default is a value in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from crds.workload import ITEM_MODELS, Item, ItemKind
from plans.errors import BadPlan
from trust.canonical import canonical_bytes, parse_object
from trust.errors import NotCanonical
from trust.keys import digest

NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
MOST_RESOURCES = 1_000
LARGEST_PLAN = 1_048_576


@dataclass(frozen=True)
class Resource:
    """One thing the plan asks for. `depends_on` names others as `kind/name`."""

    kind: ItemKind
    name: str
    item: Item
    depends_on: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`kind/name`."""
        return f"{self.kind}/{self.name}"

    @property
    def digest(self) -> str:
        """SHA-256 of kind, name and item: changes exactly when the resource does."""
        return digest(canonical_bytes({"kind": self.kind, "name": self.name, "spec": self.item.wire()}))

    def wire(self) -> dict[str, Any]:
        """The form inside the canonical plan."""
        head = {"kind": self.kind, "name": self.name, "spec": self.item.wire()}
        return {**head, "dependsOn": list(self.depends_on)}


@dataclass(frozen=True)
class Plan:
    """Resources in the order of the script, under one version of the language."""

    language: int
    resources: tuple[Resource, ...]

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        return canonical_bytes({"language": self.language, "resources": [each.wire() for each in self.resources]})

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes."""
        return digest(self.to_bytes())

    def find(self, key: str) -> Resource | None:
        """The resource with this `kind/name`."""
        return next((each for each in self.resources if each.key == key), None)


def parse_plan(data: bytes) -> Plan:
    """A plan from its canonical bytes, which are the only spelling of it. Raises BadPlan."""
    try:
        fields = parse_object(data, LARGEST_PLAN)
        plan = Plan(fields["language"], tuple(_resource(each) for each in fields["resources"]))
        _require_form(plan)
        again = plan.to_bytes()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadPlan(f"not a plan: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (NotCanonical, KeyError, TypeError) as error:
        raise BadPlan(f"not a plan: {error}") from None
    if again != data:
        raise BadPlan("not a plan: it has fields that no item has, or lacks some")
    return plan


def _resource(fields: Mapping[str, Any]) -> Resource:
    item = ITEM_MODELS[fields["kind"]].model_validate(fields["spec"], strict=True)
    return Resource(fields["kind"], fields["name"], item, tuple(fields["dependsOn"]))


def _require_form(plan: Plan) -> None:
    """What the models of items do not look at. Raises BadPlan."""
    if type(plan.language) is not int:
        raise BadPlan("not a plan: its language is no number")
    if len(plan.resources) > MOST_RESOURCES:
        raise BadPlan(f"not a plan: more than {MOST_RESOURCES} resources")
    keys = {each.key for each in plan.resources}
    if len(keys) != len(plan.resources):
        raise BadPlan("not a plan: two resources have one kind and name")
    for each in plan.resources:
        if not isinstance(each.name, str) or not NAME.fullmatch(each.name):
            raise BadPlan(f"not a plan: a {each.kind} has a name that is none")
        if not keys.issuperset(each.depends_on):
            raise BadPlan(f"not a plan: {each.key} refers to what is not in it")
