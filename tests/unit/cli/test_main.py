"""How commands end: one message, an exit code, and never a stack trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from cli import main
from cli.commands import COMMANDS
from cli.crash import KEPT, crashed
from cli.errors import CliError, Different, Usage
from cli.lazy import Entry, LazyCommand
from sal.errors import NoSpace


def loaded() -> list[Any]:
    """Every command that people see, as pytest parameters."""
    root = main.command()
    waiting: list[tuple[str, Any]] = list(root.commands.items())
    found_commands = []
    while waiting:
        name, found = waiting.pop(0)
        if isinstance(found, TyperGroup):
            waiting += [(f"{name} {word}", each) for word, each in found.commands.items()]
        elif not found.hidden:
            found_commands.append(pytest.param(found, id=name))
    return found_commands


@pytest.mark.parametrize("stub", loaded())
def test_every_help_is_whole_and_shows_an_example(stub: LazyCommand) -> None:
    command = stub.load()
    text = command.help or ""
    assert "\b\nExample" in text
    assert "hardpan " in text
    assert [each.name for each in command.params if not each.help] == []
    with command.make_context("hardpan x", [], resilient_parsing=True) as context:
        assert max(map(len, command.get_help(context).splitlines())) <= 100


@pytest.mark.parametrize("stub", loaded())
def test_the_list_of_commands_says_what_their_help_says(stub: LazyCommand) -> None:
    listed, told = str(stub.help).removesuffix("."), stub.load().help.splitlines()[0].removesuffix(".")
    assert told.startswith(listed) or listed.startswith(told)


def test_lists_of_commands_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    assert "..." not in capsys.readouterr().out.replace("[ARGS]...", "")


def test_each_hidden_role_is_there() -> None:
    hidden = [each for each in COMMANDS.values() if isinstance(each, Entry) and each.hidden]
    assert [LazyCommand("x", each).load().help for each in hidden] == [
        each.help + " Settings come from HARDPAN_* variables." for each in hidden
    ]


def ending(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """The exit code of a command that ends so."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(main, "command", lambda _: fail)
    return main.run(["plan", "web.yaml"])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CliError("the cluster is away: wait"), 1, "Error: the cluster is away: wait\n"),
        (Usage("--days is 0: at least 1"), 2, "Error: --days is 0: at least 1\n"),
        (Different(""), 3, ""),
        (NoSpace("web.yaml: No space left on device"), 1, "Error: web.yaml: No space left on device\n"),
        (KeyboardInterrupt(), 130, "Error: interrupted: nothing more is done\n"),
        (typer.Abort(), 130, "Error: interrupted: nothing more is done\n"),
        (CliError("name \x1b[31mred\u202e"), 1, "Error: name \\x1b[31mred\\u202e\n"),
    ],
)
def test_an_end_is_one_message_and_a_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert ending(monkeypatch, error) == code
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize("error", [ValueError("boom"), RecursionError(), MemoryError(), KeyError("\x1b[2J")])
def test_what_nobody_foresaw_goes_to_a_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, error: Exception
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert ending(monkeypatch, error) == 1
    out, said = capsys.readouterr()
    [file] = (tmp_path / "hardpan" / "crashes").iterdir()
    assert out == ""
    assert said.count("\n") == 1
    assert str(file) in said
    assert "Traceback" not in said
    assert f'Traceback (most recent call last):\n  File "{main.__file__}' in file.read_text()
    assert "hardpan plan web.yaml" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_crash_that_cannot_be_written_down_at_home_is_written_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hardpan").write_text("in the way")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert f"is written to {tmp_path}/hardpan-crash-" in crashed(ValueError("x"), ["hardpan"])


def test_crashes_do_not_pile_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "hardpan" / "crashes"
    folder.mkdir(parents=True)
    for number in range(40):
        (folder / f"hardpan-crash-20260101T0000{number:02}Z-1.txt").touch()
    crashed(ValueError("x"), ["hardpan"])
    assert len(list(folder.iterdir())) == KEPT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan"], "Error: missing argument 'FILE'; see: hardpan plan --help\n"),
        (["plan", "--fast"], "Error: no such option: --fast; see: hardpan plan --help\n"),
        (["sing"], "Error: no such command 'sing'. Did you mean 'sign'?; see: hardpan --help\n"),
        (["sign", "x", "--days", "91"], "Error: "),
        (["plan", "x", "-o", "xml"], "Error: "),
        (["user", "ad"], "Error: no such command 'ad'. Did you mean 'add'?; see: hardpan user --help\n"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main.run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["user"]])
def test_no_command_at_all_shows_the_help_and_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main.run(words) == 2
    assert "Commands:" in capsys.readouterr().err


def test_called_by_kubectl_it_calls_itself_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["plan"], "kubectl hardpan") == 2
    assert "see: kubectl hardpan plan --help" in capsys.readouterr().err
    main.run(["--help"], "kubectl hardpan")
    assert "--install-completion" not in capsys.readouterr().out


def test_the_version_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("hardpan 0.")
