"""What is missing on a machine skips a system test on a laptop, and fails it in CI."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.system.requirements import PRIVILEGED, PROGRAMS, need

INSTALLED = [thing for thing, programs in PROGRAMS.items() if programs]


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.parametrize("thing", INSTALLED)
def test_a_missing_program_skips_on_a_laptop_and_names_the_remedy(thing: str) -> None:
    with pytest.raises(pytest.skip.Exception, match=f"{thing} needs {PROGRAMS[thing][0]}.*make setup"):
        need(thing)


@pytest.mark.parametrize("thing", INSTALLED)
def test_a_missing_program_fails_in_ci(monkeypatch: pytest.MonkeyPatch, thing: str) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=thing):
        need(thing)


@pytest.mark.parametrize("thing", sorted(PRIVILEGED))
def test_what_needs_root_says_so(monkeypatch: pytest.MonkeyPatch, thing: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(pytest.skip.Exception, match="root"):
        need(thing)


def test_what_is_there_is_no_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    need(*PROGRAMS)


def test_a_name_that_nobody_defined_is_an_error_of_the_test() -> None:
    with pytest.raises(KeyError):
        need("btrsf")
