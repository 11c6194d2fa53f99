"""What the image is made of: lists, lock and our own packages agree."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from efi.lock import CRATE, PACKAGE, WHEEL, read_lock
from efi.requirements import parse_requirements
from oci.build import LOCK_FILE
from oci.contents import names
from oci.crates import parse_crates
from oci.filesystem import CONTROLLERS

ROOT = Path(__file__).parents[3]


def test_the_lock_names_what_the_lists_name() -> None:
    lock = read_lock(LOCK_FILE)
    assert {each.name for each in lock.of(PACKAGE)} == {*names("packages"), *names("tools")}
    assert {each.name for each in lock.of(WHEEL)} == {*names("wheels")}


def test_its_wheels_are_those_that_are_tested_here() -> None:
    tested = parse_requirements((ROOT / "requirements.lock").read_text())
    for each in read_lock(LOCK_FILE).of(WHEEL):
        assert each.version == tested[each.name].version
        assert each.digest in tested[each.name].digests


def test_its_crates_are_those_that_the_engine_is_built_of() -> None:
    crates = parse_crates((ROOT / "rhai-py" / "crates.lock").read_text())
    assert "rhai" in {each.name for each in crates}
    assert read_lock(LOCK_FILE).of(CRATE) == tuple(sorted(crates))


@pytest.mark.parametrize("name", ["helm-test", "packages", "tools", "programs", "wheels", "python.excluded"])
def test_lists_are_in_order_and_name_each_thing_once(name: str) -> None:
    assert list(names(name)) == sorted(set(names(name)))


def test_controllers_are_in_it_and_what_only_tests_or_people_need_is_not() -> None:
    inside = {name for name, _ in CONTROLLERS.sources()}
    assert {"controllers/__main__.py", "jobs/functions.lua", "trust/gate.py", "rhai/child.py"} <= inside
    assert any(name.startswith("rhai/_rhai") and name.endswith(".so") for name in inside)
    assert [name for name in inside if "testing" in name] == []
    assert [name for name in inside if "reference" in name or "schema" in name] == []
    assert {name.split("/")[0] for name in inside} == set(CONTROLLERS.packages)


def test_of_node_and_command_line_only_what_helm_test_needs_is_in_it() -> None:
    inside = {name for name, _ in CONTROLLERS.sources()}
    assert {"cli/helm_test/__main__.py", "node_agent/executor/runner.py", "node_agent/agent/queue.py"} <= inside
    assert not inside & {
        "cli/main.py",
        "cli/signer.py",
        "sal/qemu.py",
        "sal/network.py",
        "node_agent/executor/hosts.py",
    }


def test_whatever_a_module_in_it_imports_of_ours_is_in_it_too() -> None:
    sources = dict(CONTROLLERS.sources())
    modules = {name.partition(".")[0].removesuffix("/__init__").replace("/", ".") for name in sources}
    asked = {
        (name, node.module)
        for name, file in sources.items()
        if name.endswith(".py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in CONTROLLERS.packages
    }
    assert len(asked) > 1000
    assert [(name, module) for name, module in sorted(asked) if module not in modules] == []


@pytest.mark.parametrize("pattern", names("helm-test"))
def test_no_pattern_of_the_list_names_what_is_gone(pattern: str) -> None:
    assert any(fnmatchcase(name, pattern) for name, _ in CONTROLLERS.sources())
