"""Completion: names of objects for the shell, and `kubectl_complete-hardpan`, which kubectl asks for `kubectl hardpan`.

Whatever goes wrong completes nothing: a shell that waits for the tab key shows no errors.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress

from cli.cluster import connect
from cli.errors import CliError
from cli.main import COMPLETE_VARIABLE, command
from sal.errors import SalError

PATIENCE_SECONDS = 3.0
FILES, NO_FILES = 0, 4  # the directives of cobra, which kubectl completes with
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")


def names_of(plural: str) -> Callable[[str], list[str]]:
    """Completes names of one kind without namespace."""
    return lambda incomplete: names(plural, "", incomplete)


def names(plural: str, namespace: str, incomplete: str) -> list[str]:
    """Names of objects that begin so; only what can be a name, since a shell acts on what it is given."""
    with suppress(CliError, SalError):
        place = ("--namespace", namespace) if namespace else ()
        words = ("get", f"{plural}.hardpan.dev", *place, "--output", "jsonpath={range .items[*]}{.metadata.name} {end}")
        found = connect(progress=False).kubectl.run(*words, seconds=PATIENCE_SECONDS).split()
        return [each for each in found if each.startswith(incomplete) and _NAME.fullmatch(each)]
    return []


def kubectl_lines(words: Sequence[str]) -> list[str]:
    """What kubectl expects for the words after `kubectl hardpan`: a completion a line, and a directive at the end.

    It is asked as bash asks; where there is nothing of ours, files complete.
    """
    asked = {COMPLETE_VARIABLE: "complete_bash", "COMP_WORDS": shlex.join(["hardpan", *words])}
    os.environ.update(asked, COMP_CWORD=str(max(1, len(words))))
    printed = io.StringIO()
    with redirect_stdout(printed), suppress(SystemExit):
        command()(prog_name="hardpan", complete_var=COMPLETE_VARIABLE)
    found = printed.getvalue().split()
    return [*found, f":{NO_FILES if found else FILES}"]


def main() -> None:
    """`kubectl_complete-hardpan WORDS…`: kubectl completes a plugin by a program of such a name."""
    try:
        lines = kubectl_lines(sys.argv[1:])
    except Exception:
        lines = [f":{FILES}"]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
