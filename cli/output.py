"""What commands print: text, or JSON and YAML where data is printed. Nothing else writes to the terminal.

All text goes through `visible`; colour is put on afterwards, on a terminal only, and never comes from what is shown.
"""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from typing import Annotated, Any, TextIO

import typer

from cli.text import visible


class Form(StrEnum):
    """How data is printed."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Form, typer.Option("--output", "-o", help="How to print what was found.")]

RED, GREEN, YELLOW = "31", "32", "33"
_COLOURS = (
    ("  + ", GREEN),
    ("  - ", RED),
    ("  ~ ", YELLOW),
    ("Error:", RED),
    ("Warning:", YELLOW),
)


def say(text: str = "") -> None:
    """Prints what was asked for."""
    _print(text, sys.stdout)


def note(text: str) -> None:
    """Says beside the output, on stderr, what happened or comes next; pipes do not see it."""
    _print(text, sys.stderr)


def show(form: Form, data: Any, text: str) -> None:
    """Prints the data in its form, or the text. Neither form of data has a character that a terminal acts on."""
    if form is Form.JSON:
        say(json.dumps(data, indent=2))
    elif form is Form.YAML:
        import yaml  # not for those who read text

        say(yaml.safe_dump(data, sort_keys=False).rstrip())
    else:
        say(text)


def _print(text: str, stream: TextIO) -> None:
    shown = visible(text)
    if coloured(stream):
        shown = "\n".join(_painted(line) for line in shown.split("\n"))
    print(shown, file=stream, flush=True)


def coloured(stream: TextIO) -> bool:
    """Whether colour is wanted: on a terminal that knows it, unless NO_COLOR (no-color.org) is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _painted(line: str) -> str:
    for head, colour in _COLOURS:
        if line.startswith(head):
            return f"\x1b[{colour}m{head}\x1b[0m{line[len(head) :]}"
    return line


def lossless(*streams: Any) -> None:
    """A terminal that knows no arrow gets its escape instead of an error."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
