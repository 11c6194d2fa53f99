"""Every reason is documented once, with its remedy; code sets no other, and none is documented that no code sets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from crds import deployment_conditions, job, machine, node_conditions, record_conditions
from crds.kinds import KINDS
from crds.reasons import ConditionDefinition, DocumentedReason, RefusalReason
from trust.errors import Code

ROOT = Path(__file__).parents[3]
REASONS: tuple[type[DocumentedReason], ...] = (
    deployment_conditions.Reason,
    job.Reason,
    machine.Reason,
    node_conditions.Reason,
    record_conditions.Reason,
)
CONDITIONS = [(kind.kind, each) for kind in KINDS for each in kind.conditions]


@cache
def controllers() -> dict[Path, ast.Module]:
    """The controllers' product code."""
    files = sorted((ROOT / "controllers").rglob("*.py"))
    return {file: ast.parse(file.read_text()) for file in files if "testing" not in file.parts}


@cache
def members_used() -> dict[str, set[str]]:
    """Members of reason enums that controllers name, by the module that they import the enum from."""
    used: dict[str, set[str]] = {}
    for tree in controllers().values():
        homes = {
            alias.asname or alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in homes:
                used.setdefault(homes[node.value.id] or "", set()).add(node.attr)
    return used


def written() -> Iterator[tuple[Path, ast.Call]]:
    """Every condition that controllers write."""
    for file, node in [(file, node) for file, tree in controllers().items() for node in ast.walk(tree)]:
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in ("Condition", "Fact"):
            yield file, node


def test_refusals_are_the_codes_of_the_gates_in_their_order() -> None:
    assert [each.value for each in RefusalReason] == [each.value for each in Code]


@pytest.mark.parametrize("reason", [each for reasons in (*REASONS, RefusalReason) for each in reasons], ids=str)
def test_a_reason_says_what_it_means_and_what_to_do(reason: DocumentedReason) -> None:
    assert reason.value.isalnum()
    assert reason.value[0].isupper()
    assert len(reason.meaning.split()) >= 3
    assert reason.remedy


@pytest.mark.parametrize("reasons", REASONS, ids=lambda reasons: reasons.__module__)
def test_every_reason_is_set_by_some_controller(reasons: type[DocumentedReason]) -> None:
    assert {each.name for each in reasons} - members_used()[reasons.__module__] == set()


@pytest.mark.parametrize("reasons", REASONS, ids=lambda reasons: reasons.__module__)
def test_every_reason_stands_in_a_condition(reasons: type[DocumentedReason]) -> None:
    listed = {reason for _, condition in CONDITIONS for reason in condition.reasons}
    assert set(reasons) - listed == set()


def test_the_search_finds_the_conditions_that_controllers_write() -> None:
    assert len(list(written())) > 30


def test_every_condition_that_controllers_write_is_documented() -> None:
    known = {condition.type for _, condition in CONDITIONS}
    named = {ast.literal_eval(call.args[0]) for _, call in written() if isinstance(call.args[0], ast.Constant)}
    assert named == known


def test_no_controller_writes_a_reason_as_a_bare_word() -> None:
    bare = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file, call in written()
        if len(call.args) > 2 and isinstance(call.args[2], ast.Constant)
    ]
    assert bare == [], "use the kind's Reason, which documents it"


@pytest.mark.parametrize(("kind", "condition"), CONDITIONS, ids=[f"{kind}-{each.type}" for kind, each in CONDITIONS])
def test_a_condition_says_what_true_means_and_who_writes_it(kind: str, condition: ConditionDefinition) -> None:
    assert condition.meaning
    assert condition.written_by in {"supervisor", "coord", "ledger"}
    assert condition.reasons
    assert len(set(condition.words)) == len(condition.reasons) + (len(RefusalReason) if condition.refusable else 0)
