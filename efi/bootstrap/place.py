"""A folder for one server: two that share one would clear each other's media away."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sal.errors import os_errors


@contextmanager
def own_folder(base: Path) -> Iterator[Path]:
    """The first of the numbered folders that no running server has; after a restart most often the same. Locks it."""
    for number in itertools.count():
        with os_errors(base):
            folder = base / str(number)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if _locked(descriptor):
                yield folder
                return
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
