"""What nobody foresaw: the trace goes to a file that is named, never to the terminal."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cli.environment import state_folder

KEPT = 20


def crashed(error: BaseException, words: Sequence[str]) -> str:
    """Writes down what happened; the sentence that says so."""
    text = f"{shlex.join(words)}\nPython {sys.version.split()[0]} on {' '.join(os.uname())}\n\n"
    text += "".join(traceback.format_exception(error))
    told = f"hardpan itself failed ({type(error).__name__})"
    for folder in (state_folder() / "crashes", Path(tempfile.gettempdir())):
        try:
            file = _write(folder, text)
        except OSError:
            continue
        return f"{told}; this is a bug. What happened is written to {file}: report it with that file"
    return f"{told}, and no file could be written that says how: free some disk space and try again"


def _write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("hardpan-crash-*.txt"))[: -KEPT + 1]:
        old.unlink(missing_ok=True)
    file = folder / f"hardpan-crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as written:
        written.write(text)
    return file
