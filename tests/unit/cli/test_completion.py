"""The tab key: commands, options, kinds and names, for shells and for kubectl, and silence when something is wrong."""

from __future__ import annotations

import pytest

from cli import completion
from cli.completion import kubectl_lines
from cli.main import COMPLETE_VARIABLE, run
from tests.unit.cli.conftest import Terminal

NODE = "n-" + "a" * 26


@pytest.fixture
def objects(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A cluster with some things in it, of which one has a name that nobody may have."""
    for name in (COMPLETE_VARIABLE, "COMP_WORDS", "COMP_CWORD"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    terminal.tools.put("nodes", {"metadata": {"name": NODE}})
    for name in ("web-0", "web-1", "$(reboot)", "cache"):
        terminal.tools.put("machines", {"metadata": {"name": name, "namespace": "shop"}})
    return terminal


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["si"], ["sign", ":4"]),
        (["explain", "mach"], ["machine", ":4"]),
        (["explain", "machine", "web"], ["web-0", "web-1", ":4"]),
        (["explain", "machine", ""], ["web-0", "web-1", "cache", ":4"]),
        (["explain", "-n", "shop", "machine", "c"], ["cache", ":4"]),
        (["explain", "-n", "other", "machine", ""], [":0"]),
        (["explain", "pod", ""], [":0"]),
        (["node", "approve", "n-"], [NODE, ":4"]),
        (["forget", ""], ["node", ":4"]),
        (["forget", "node", ""], [NODE, ":4"]),
        (["sign", "--rev"], ["--revision", ":4"]),
        (["plan", "-o", "j"], ["json", ":4"]),
        (["sign", "we"], [":0"]),
    ],
)
def test_kubectl_completes_what_comes_next(objects: Terminal, words: list[str], lines: list[str]) -> None:
    assert kubectl_lines(words) == lines


def test_all_commands_complete(objects: Terminal) -> None:
    assert {"login", "plan", "sign", "verify", "explain", "init", "user", "node", ":4"} <= set(kubectl_lines([""]))
    assert "supervisor" not in kubectl_lines([""])


def test_a_cluster_that_is_away_completes_nothing_and_says_nothing(
    objects: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    objects.tools.fails = "Unable to connect to the server: EOF"
    assert kubectl_lines(["explain", "machine", ""]) == [":0"]
    assert capsys.readouterr() == ("", "")


def test_whatever_breaks_completes_files(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: object) -> list[str]:
        raise RuntimeError("boom")

    monkeypatch.setattr(completion, "kubectl_lines", broken)
    completion.main()
    assert capsys.readouterr() == (":0\n", "")


def test_shells_are_answered_by_the_same_program(
    objects: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(COMPLETE_VARIABLE, "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "hardpan explain machine web")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert run([]) == 0
    assert capsys.readouterr().out.split() == ["web-0", "web-1"]
