"""kubectl is the user's own, with the user's own environment, and its failures are one line with a remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.cluster import connect
from cli.errors import CliError
from cli.kubectl import Kubectl, find_kubectl
from cli.kubectl_words import worded
from sal.command import Command, Output
from sal.errors import CommandTimeout
from sal.testing import FakeRunner
from tests.unit.cli.conftest import Terminal

CASES = Path(__file__).parents[2] / "cases" / "cli.kubectl_words.worded"


@pytest.mark.parametrize("file", [pytest.param(each, id=each.stem) for each in sorted(CASES.glob("*.json"))])
def test_real_words_of_kubectl_become_one_sentence_with_a_remedy(file: Path) -> None:
    case = json.loads(file.read_text())
    assert worded(case["stderr"]) == case["said"]


def test_every_case_is_there() -> None:
    assert len(list(CASES.glob("*.json"))) >= 14


def test_kubectl_gets_the_whole_environment_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    monkeypatch.setenv("AWS_PROFILE", "shop")
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    runner = FakeRunner().on("kubectl get *", b'{"items": []}')
    Kubectl(runner, None).list("users.hardpan.dev")
    given = runner.commands[0].environment
    assert (given["HOME"], given["AWS_PROFILE"], given["KUBECONFIG"]) == ("/home/alice", "shop", "/a:/b")
    assert runner.commands[0].argv[:2] == ("kubectl", "get")


def test_an_api_server_that_hangs_is_told_with_the_time() -> None:
    def hang(command: Command) -> Output:
        raise CommandTimeout(command.argv, "no end")

    with pytest.raises(CliError, match="the API server gave no answer within 120 s: try again, or look after it"):
        Kubectl(FakeRunner().on_call("*", hang), None).get("users.hardpan.dev", "x")


@pytest.mark.parametrize("answer", [b"<html>", b"{}", b"7", b"[" * 100_000, b'{"items": '])
def test_an_answer_that_is_no_json_is_told(answer: bytes) -> None:
    with pytest.raises(CliError, match="kubectl did not answer in JSON of Kubernetes: is it a real kubectl"):
        Kubectl(FakeRunner().on("*", answer), None).list("users.hardpan.dev")


def test_half_an_answer_is_no_answer() -> None:
    runner = FakeRunner().on_call("*", lambda _: Output(0, b'{"items": []}', b"", cut=True))
    with pytest.raises(CliError, match="the program wrote more than the 13 bytes that were kept"):
        Kubectl(runner, None).list("users.hardpan.dev")


def test_a_kubeconfig_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = tmp_path / "config"
    monkeypatch.setenv("KUBECONFIG", f"{there}:{tmp_path / 'other'}")
    with pytest.raises(CliError, match=r"KUBECONFIG names .*config, .*other, which is not there: export KUBECONFIG"):
        connect(FakeRunner())
    there.touch()
    monkeypatch.setattr("cli.kubectl.shutil.which", lambda _: "/usr/bin/kubectl")
    assert connect(FakeRunner()).kubectl.program == ("kubectl",)


def test_without_kubectl_the_embedded_one_serves_and_without_both_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("cli.kubectl.shutil.which", lambda _: None)
    embedded = tmp_path / "kube"
    with pytest.raises(CliError, match="kubectl is not on PATH: install it, or run `make setup` for the embedded one"):
        find_kubectl(FakeRunner(), None, embedded)
    embedded.touch()
    assert find_kubectl(FakeRunner(), None, embedded).program == (str(embedded), "kubectl")


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (
            "The connection to the server localhost:8080 was refused",
            "Error: no cluster is chosen: export KUBECONFIG=FILE",
        ),
        ("Error from server: \x1b[2J\u202eowned", "Error: Error from server: \\x1b[2J\\u202eowned"),
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        ["plan"],
        ["sign"],
        ["verify"],
        ["explain", "machine", "x"],
        ["node", "approve", "n-" + "a" * 26],
        ["forget", "node", "n-" + "a" * 26],
    ],
)
def test_every_command_says_in_one_line_that_the_cluster_is_away(
    shop: Terminal, words: list[str], fails: str, said: str
) -> None:
    shop.tools.fails = fails
    given = [*words, str(shop.manifest())] if len(words) == 1 else words
    done = shop(*given)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"{said}\n"
