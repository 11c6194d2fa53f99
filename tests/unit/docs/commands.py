"""Finds in the documentation what a reader would type, and whether our program has it."""

from __future__ import annotations

import re
import shlex
from typing import Any

from cli.main import command as program

# A release of the chart is called as the program is.
_CALL = re.compile(r"(?<!helm install)(?<!helm upgrade)(?:^|[\s|&;(])(?:kubectl )?hardpan ((?:[a-z-]+|-)[^|&;#]*)")
PROGRAM = program()


def calls(line: str) -> list[list[str]]:
    """The words behind `hardpan` or `kubectl hardpan` in a line of code."""
    return [_words(match[1]) for match in _CALL.finditer(line)]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def unknown(words: list[str]) -> str:
    """What of a call our program does not have: a command or an option; empty when it has all."""
    command: Any = PROGRAM
    for word in words:
        if hasattr(command, "commands"):
            if word.startswith("-"):
                return ""
            known = command.commands.get(word.strip(".,:;()`"))
            if known is None:
                return f"there is no command {word!r} in hardpan {command.name}"
            command = known.load() if hasattr(known, "load") else known
        elif word.startswith("-") and word != "-":
            option = word.partition("=")[0].rstrip(".,")
            if not _has(command, option):
                return f"hardpan {command.name} has no option {option}"
    return ""


def _has(command: Any, option: str) -> bool:
    return option == "--help" or any(option in (*each.opts, *each.secondary_opts) for each in command.params)
