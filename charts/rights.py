"""Who may do what in Kubernetes, read from the rendered chart, for docs/reference/rights.md and the tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "docs" / "reference" / "rights.md"
EVERYWHERE, OWN = "cluster", "own namespace"
HEAD = """# Rights

Who may do what in Kubernetes, as the chart `hardpan` grants it with its default values. Made from the rendered
chart by `make charts`; each line and everything that no line names is tried with the account's own token in
`tests/cluster/charts/test_rights.py`. Nobody's rights here start anything on a node: that needs users' signatures
([security.md](../security.md)).

`cluster` means every namespace; `own namespace` is the one of the installation.
"""
ACCOUNTS = """
## Accounts

A pod has the token of its account only where it needs one: neither the gateway nor Redis has.
"""
PEOPLE = """
## Roles for people

Bind them with a RoleBinding in a tenant's namespace, or with a ClusterRoleBinding for operators and auditors. By
their labels `view`, `edit` and `admin` have them too (`rights.aggregate`).
"""


@dataclass(frozen=True)
class Right:
    """One rule for one resource; without `names` it holds for every object."""

    place: str
    group: str
    resource: str
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


def accounts(objects: Iterable[Mapping[str, Any]]) -> dict[str, list[Right]]:
    """The rights of each service account of ours, also of one without any."""
    found = list(objects)
    held = {_name(each): list[Right]() for each in found if each["kind"] == "ServiceAccount"}
    for binding in found:
        if binding["kind"] in ("RoleBinding", "ClusterRoleBinding"):
            for subject in binding["subjects"]:
                if subject["kind"] == "ServiceAccount":
                    held[subject["name"]] += _of_role(found, binding["roleRef"])
    return held


def people(objects: Iterable[Mapping[str, Any]]) -> dict[str, list[Right]]:
    """The rights of each role that is bound to no account."""
    found = list(objects)
    bound = {each["roleRef"]["name"] for each in found if each["kind"] == "ClusterRoleBinding" and _serves(each)}
    free = (each for each in found if each["kind"] == "ClusterRole" and _name(each) not in bound)
    return {_name(each): list(_rules(each, EVERYWHERE)) for each in free}


def page(objects: Iterable[Mapping[str, Any]]) -> str:
    """The page."""
    found = list(objects)
    return HEAD + ACCOUNTS + _tables(accounts(found)) + PEOPLE + _tables(people(found))


def _serves(binding: Mapping[str, Any]) -> bool:
    return any(each["kind"] == "ServiceAccount" for each in binding["subjects"])


def _of_role(found: Iterable[Mapping[str, Any]], reference: Mapping[str, str]) -> Iterator[Right]:
    place = EVERYWHERE if reference["kind"] == "ClusterRole" else OWN
    for each in found:
        if (each["kind"], _name(each)) == (reference["kind"], reference["name"]):
            yield from _rules(each, place)


def _rules(role: Mapping[str, Any], place: str) -> Iterator[Right]:
    for rule in role["rules"]:
        names = tuple(rule.get("resourceNames", ()))
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield Right(place, group, resource, tuple(rule["verbs"]), names)


def _tables(rights: Mapping[str, list[Right]]) -> str:
    return "".join(f"\n### {name}\n\n{_table(rights[name])}" for name in sorted(rights))


def _table(rights: list[Right]) -> str:
    if not rights:
        return "Nothing.\n"
    head = "| resource | verbs | where | only these |\n| --- | --- | --- | --- |\n"
    rows = sorted(rights, key=lambda each: (each.place, each.group, each.resource, each.names))
    return head + "".join(_row(each) for each in rows)


def _row(right: Right) -> str:
    resource = f"{right.resource}.{right.group}" if right.group else right.resource
    if "/" in right.resource and right.group:
        kind, _, part = right.resource.partition("/")
        resource = f"{kind}.{right.group}/{part}"
    names = ", ".join(f"`{each}`" for each in right.names)
    return f"| `{resource}` | {', '.join(right.verbs)} | {right.place} | {names} |\n"


def _name(made: Mapping[str, Any]) -> str:
    return str(made["metadata"]["name"])
