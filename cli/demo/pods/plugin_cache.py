"""The network plugins' own cache, whose place on the machine cannot be chosen: each node covers it with one of its own.

Who removed the folder below would uncover it in every other node, so that nodes hold it and the last one removes it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

FOLDER = Path("/var/lib/cni")


def hold(folder: Path = FOLDER) -> int:
    """The folder is there, and stays while the descriptor that is returned is open."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            held = os.open(folder, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_SH)
            if folder.exists() and os.fstat(held).st_ino == folder.stat().st_ino:
                return held
            os.close(held)


def remove(folder: Path = FOLDER) -> None:
    """The folder is gone, unless somebody holds it or something is in it."""
    with suppress(OSError):
        held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.rmdir()
        finally:
            os.close(held)
