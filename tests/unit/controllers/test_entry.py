"""`python -m controllers`: which role runs, and what is said when none can."""

from __future__ import annotations

import importlib
import types
from collections.abc import Mapping

import pytest

from controllers.__main__ import EXIT_FAILED, EXIT_USAGE, ROLES, main


@pytest.mark.parametrize("words", [[], ["registrar"], ["ledger", "coord"], ["--help"]])
def test_what_is_no_role_is_answered_with_the_roles(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words, {}) == EXIT_USAGE
    said = capsys.readouterr().err
    assert all(role in said for role in ROLES)
    assert said.count("\n") == 1


@pytest.mark.parametrize("role", sorted(ROLES))
def test_only_the_module_of_the_role_is_imported(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = []

    def run(environment: Mapping[str, str]) -> int:
        return int(environment["HARDPAN_END"])

    def pick(name: str) -> types.SimpleNamespace:
        imported.append(name)
        return types.SimpleNamespace(main=run)

    monkeypatch.setattr(importlib, "import_module", pick)
    assert main([role], {"HARDPAN_END": "3"}) == 3
    assert imported == [ROLES[role]]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_of_which_a_setting_is_wrong_says_so_in_one_line(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([role], {"HARDPAN_MONITOR": "nowhere", "HARDPAN_CLUSTER": "sha256:1"}) == EXIT_FAILED
    said = capsys.readouterr().err
    assert said.startswith(f"{role} does not start: HARDPAN_")
    assert said.count("\n") == 1


def test_a_mistake_of_ours_is_not_taken_for_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: Mapping[str, str]) -> int:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(importlib, "import_module", lambda _: types.SimpleNamespace(main=run))
    with pytest.raises(RuntimeError):
        main(["coord"], {})
