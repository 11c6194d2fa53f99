"""Every reason and code that a part may show is explained, none that no part knows, and sentences are quoted right."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

import crds
from tests.unit.docs.markdown import ROOT, page, spans, tables
from trust.errors import Code

PAGE = page("docs/troubleshooting.md")
NODE_ERRORS = {"NodeError", "TryAgain", "NeedsOperator", "Refused", "StepFailed"}
REASON = re.compile(r"[A-Z][A-Za-z]+")


def calls(folder: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a folder's product code, by the name that is called."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        if "testing" not in file.parts[-2:] and file.name != "testing.py":
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call):
                    yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def word(node: ast.Call, position: int) -> Iterator[str]:
    """The literal at a position of a call, when there is one."""
    found = node.args[position : position + 1]
    if found and isinstance(found[0], ast.Constant) and REASON.fullmatch(str(found[0].value)):
        yield str(found[0].value)


def of_kinds() -> set[str]:
    """The reasons that kinds declare."""
    modules = [importlib.import_module(f"crds.{each.name}") for each in pkgutil.iter_modules(crds.__path__)]
    classes = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    enums = [each for each in classes if issubclass(each, StrEnum) and each.__name__.endswith("Reason")]
    return {str(reason) for each in enums for reason in each}


def of_controllers() -> set[str]:
    """Literals in conditions and in answers to nodes."""
    found: set[str] = set()
    for name, node in calls("controllers"):
        if name in ("Condition", "Fact"):
            found.update(word(node, 2))
        if name in ("refuse", "turn_away", "_turn_away"):
            found.update(word(node, 1))
        for keyed in (each for each in node.args if isinstance(each, ast.Dict)):
            pairs = zip(keyed.keys, keyed.values, strict=True)
            found.update(
                str(value.value)
                for key, value in pairs
                if isinstance(key, ast.Constant) and key.value == "reason" and isinstance(value, ast.Constant)
            )
    return found


def of_nodes() -> set[str]:
    """What a node's console and receipts may say."""
    found: set[str] = set()
    for name, node in calls("node-agent"):
        if name in NODE_ERRORS:
            found.update(word(node, 0))
        if name == "say":
            found.update(word(node, 2))
        if name == "_outcome":
            found.update(word(node, 2))
        if name == "found":
            found.update(word(node, 1))
        found.update(
            str(each.value.value)
            for each in node.keywords
            if name == "Failed" and each.arg == "reason" and isinstance(each.value, ast.Constant)
        )
    return found


def explained() -> set[str]:
    """The words in the first column of the tables of reasons and codes."""
    listed = [table for table in tables(PAGE.text) if table[0][0] in ("reason", "code")]
    return {name for table in listed for row in table[1:] for name in spans(row[0])}


def test_every_reason_in_the_code_is_explained() -> None:
    known = of_kinds() | {code.value for code in Code} | of_controllers() | of_nodes()
    assert known - explained() == set(), "add a row to docs/troubleshooting.md"


def test_every_reason_that_is_explained_exists() -> None:
    known = of_kinds() | {code.value for code in Code} | of_controllers() | of_nodes()
    assert explained() - known == set(), "no part says this any more: take the row out"


@pytest.mark.parametrize("found", [of_kinds, of_controllers, of_nodes])
def test_the_search_for_reasons_finds_some(found: object) -> None:
    assert len(found()) > 2  # type: ignore[operator]


def test_every_code_stands_in_a_gate() -> None:
    gates = page("docs/security.md").section("Gates")
    named = set(spans(gates))
    assert {code.value for code in Code} - named == {"TokenClosed", "TokenExpired"}


def sentences(folder: str) -> set[str]:
    """Every string of a folder's code, with `…` for what is filled in."""
    texts = set()
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                texts.add("".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values))
    return {text.replace("`", "") for text in texts}


@pytest.mark.parametrize(("section", "folder"), [("The command line", "cli"), ("Controllers", "controllers")])
def test_each_sentence_is_one_that_the_program_says(section: str, folder: str) -> None:
    said = sentences(folder)
    for row in tables(PAGE.section(section))[0][1:]:
        (quoted,) = spans(row[0])
        assert quoted in said, f"no part of {folder}/ says: {quoted}"


def test_files_of_a_node_are_those_of_its_layout() -> None:
    from node_agent.paths import Paths

    paths = Paths(Path())
    named = {span for row in tables(PAGE.section("Logs and files"))[0][1:] for span in spans(row[0])}
    known = {str(each) for each in (paths.status, paths.log("agent"), paths.log("executor"), paths.effects)}
    assert known | {str(paths.journal)} == {each for each in named if "…" not in each}
