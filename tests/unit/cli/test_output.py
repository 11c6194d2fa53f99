"""Colour on terminals only, and no way for data to become colour."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

import pytest
import yaml

from cli.output import Form, lossless, note, say, show

HOSTILE = "web\x1b[31m\u202e\x9b\r\n"


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that knows colours."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def seen(text: str) -> str:
    """What a terminal is sent."""
    screen = Screen()
    with redirect_stdout(screen):
        say(text)
    return screen.getvalue()


def test_marks_have_colour_on_a_terminal() -> None:
    assert seen("  + machine web\n  plain") == "\x1b[32m  + \x1b[0mmachine web\n  plain\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_nobody_who_does_not_want_it_gets_colour(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert seen("  + machine web") == "  + machine web\n"


def test_a_pipe_gets_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    say("  - machine web")
    note("Error: no")
    assert capsys.readouterr() == ("  - machine web\n", "Error: no\n")


def test_what_is_shown_brings_no_colour_of_its_own() -> None:
    assert seen(f"  + {HOSTILE}") == "\x1b[32m  + \x1b[0mweb\\x1b[31m\\u202e\\x9b\\r\n\n"


@pytest.mark.parametrize(("form", "parse"), [(Form.JSON, json.loads), (Form.YAML, yaml.safe_load)])
def test_data_comes_back_whole_and_without_a_raw_control(
    capsys: pytest.CaptureFixture[str], form: Form, parse: object
) -> None:
    data = {"name": HOSTILE, "list": [1, True, None, "é→"]}
    show(form, data, "text")
    printed = capsys.readouterr().out
    assert parse(printed) == data  # type: ignore[operator]
    assert all(each == "\n" or each.isprintable() for each in printed)


def test_a_terminal_without_arrows_gets_escapes_instead_of_an_error() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    lossless(stream)
    print("7 → 8", file=stream, flush=True)
    assert stream.buffer.getvalue() == b"7 \\u2192 8\n"
