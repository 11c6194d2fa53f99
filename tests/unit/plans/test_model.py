"""A plan has one form in bytes, and whatever has another form is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from plans.errors import BadPlan
from plans.model import LARGEST_PLAN, Plan, Resource, parse_plan
from tests.unit.plans.written import GIB, machine, plan_of, volume
from trust.canonical import canonical_bytes
from trust.gate import plan_items

SCRIPT = (
    f"let v = {volume()} let a = {machine('a', volumes='[#{ volume: v, mount: `/d` }]')}"
    f" {machine('b', env='#{ PEER: a.address, NAME: `é` }')}"
)


def plan() -> Plan:
    """A plan with something of everything."""
    return plan_of(SCRIPT)


def fields() -> dict[str, Any]:
    """Its fields, to be changed."""
    found: dict[str, Any] = json.loads(plan().to_bytes())
    return found


def test_a_plan_comes_back_as_it_was() -> None:
    assert parse_plan(plan().to_bytes()) == plan()
    assert parse_plan(plan().to_bytes()).digest == plan().digest


def test_the_bytes_are_as_committed() -> None:
    """The digest that users sign is of exactly these bytes."""
    small = plan_of(volume("a"))
    assert small.to_bytes() == (
        b'{"language":1,"resources":[{"dependsOn":[],"kind":"volume","name":"a",'
        b'"spec":{"binDays":7,"onDelete":"bin","size":1073741824}}]}'
    )
    assert small.digest == "sha256:5f426889776859a7240d665402db114ba124bebc3d8eaf29b9105e8d56085ef1"


def test_the_node_reads_the_same_items() -> None:
    data = plan().to_bytes()
    items = plan_items(data, plan().digest)
    assert items == {(each.kind, each.name): each.item.wire() for each in plan().resources}


def test_a_resource_is_found_by_kind_and_name() -> None:
    found = plan().find("machine/b")
    assert found is not None
    assert (found.kind, found.name, found.depends_on) == ("machine", "b", ("machine/a",))
    assert plan().find("machine/data") is None


def test_the_digest_of_a_resource_changes_exactly_with_it() -> None:
    def of(script: str, key: str) -> str:
        found = plan_of(script).find(key)
        assert found is not None
        return found.digest

    alone = of(volume("a"), "volume/a")
    assert of(volume("b") + volume("a"), "volume/a") == alone
    assert of(volume("a", size='"2Gi"'), "volume/a") != alone
    assert of(volume("b"), "volume/b") != alone


Change = Callable[[dict[str, Any]], object]


def of(index: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A resource of the fields."""
    return lambda fields: fields["resources"][index]


def as_scripts_spell_it(fields: dict[str, Any]) -> None:
    """Names a field of a machine as an option."""
    item = of(1)(fields)["spec"]
    item["node_labels"] = item.pop("nodeLabels")


CHANGES: dict[str, tuple[Change, str]] = {
    "no language": (lambda f: f.pop("language"), "language"),
    "a language that is no number": (lambda f: f.update(language="1"), "language"),
    "a language that is a boolean": (lambda f: f.update(language=True), "language"),
    "no resources": (lambda f: f.pop("resources"), "resources"),
    "resources that are no list": (lambda f: f.update(resources=5), "not a plan"),
    "a resource that is no map": (lambda f: f["resources"].append(5), "not a plan"),
    "another field": (lambda f: f.update(more=1), "fields that no item has"),
    "another field of a resource": (lambda f: of(0)(f).update(more=1), "fields that no item has"),
    "another field of an item": (lambda f: of(0)(f)["spec"].update(more=1), "not a plan"),
    "another field of an image": (lambda f: of(1)(f)["spec"]["image"].update(more=1), "not a plan"),
    "a field too few": (lambda f: of(0)(f)["spec"].pop("binDays"), "not a plan"),
    "a field as scripts spell it": (as_scripts_spell_it, "fields that no item has"),
    "no dependencies": (lambda f: of(0)(f).pop("dependsOn"), "dependsOn"),
    "dependencies that are no list": (lambda f: of(0)(f).update(dependsOn="volume/a"), "not a plan"),
    "a dependency that is no text": (lambda f: of(0)(f).update(dependsOn=[5]), "refers to what is not in it"),
    "a dependency that is a list": (lambda f: of(0)(f).update(dependsOn=[[]]), "not a plan"),
    "a dependency on nothing": (lambda f: of(0)(f).update(dependsOn=["volume/z"]), "refers to what is not in it"),
    "an unknown kind": (lambda f: of(0)(f).update(kind="gateway"), "not a plan"),
    "a kind that is a list": (lambda f: of(0)(f).update(kind=[]), "not a plan"),
    "a name that is none": (lambda f: of(2)(f).update(name="../b"), "has a name that is none"),
    "a name that is no text": (lambda f: of(2)(f).update(name=5), "has a name that is none"),
    "a resource twice": (lambda f: f["resources"].append(f["resources"][2]), "two resources"),
    "a number as text": (lambda f: of(1)(f)["spec"].update(cpus="1"), "cpus: Input should be a valid integer$"),
    "a boolean as number": (lambda f: of(1)(f)["spec"].update(cpus=True), "not a plan"),
    "a negative number": (lambda f: of(1)(f)["spec"].update(cpus=-1), "not a plan"),
    "a digest of another form": (lambda f: of(1)(f)["spec"]["image"].update(sha256="A" * 64), "not a plan"),
    "too many resources": (
        lambda f: f["resources"].extend({**f["resources"][0], "name": f"v{i}"} for i in range(998)),
        "more than 1000 resources",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_no_plan_is_refused(change: Change, says: str) -> None:
    wrong = fields()
    change(wrong)
    with pytest.raises(BadPlan, match=says):
        parse_plan(canonical_bytes(wrong))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"1",
        b"{}",
        b"\xff",
        b'{"language":1, "resources":[]}',
        b'{"language":1,"resources":[]}\n',
        b"[" * 99_999,
    ],
)
def test_other_bytes_are_no_plan(data: bytes) -> None:
    with pytest.raises(BadPlan):
        parse_plan(data)


def test_another_order_of_keys_is_no_plan() -> None:
    assert canonical_bytes(fields()) == plan().to_bytes()
    with pytest.raises(BadPlan, match="canonical"):
        parse_plan(b'{"resources":[],"language":1}')


def test_a_plan_larger_than_a_mebibyte_is_none() -> None:
    with pytest.raises(BadPlan, match=f"more than the {LARGEST_PLAN}"):
        parse_plan(b" " * (LARGEST_PLAN + 1))


def test_a_resource_is_frozen() -> None:
    resource = plan().resources[0]
    assert isinstance(resource, Resource)
    with pytest.raises(AttributeError):
        resource.name = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        resource.item.size = GIB  # type: ignore[misc, union-attr]
