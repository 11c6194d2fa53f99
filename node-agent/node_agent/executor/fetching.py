"""Brings an image from the internet into the store, by way of a process that has no privilege."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from node_agent.fetching_apart import LATER, NEVER
from sal.command import Command, Runner
from sal.errors import Busy, Refused
from sal.images import LARGEST_IMAGE

TIMEOUT_SECONDS = 1900.0
Fetch = Callable[[str, Path], None]


def fetch_apart(runner: Runner, user: int) -> Fetch:
    """What fetches a URL into an existing file, under this user. It raises sal.errors.Busy or Refused."""

    def fetch(url: str, target: Path) -> None:
        words = (sys.executable, "-m", "node_agent.fetcher", url, str(target), str(LARGEST_IMAGE), str(user))
        environment = {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
        codes = (0, NEVER, LATER)
        command = Command(words, environment=environment, timeout_seconds=TIMEOUT_SECONDS, accepted_codes=codes)
        output = runner.run(command)
        reason = output.stderr.decode(errors="replace").strip()
        if output.code == LATER:
            raise Busy(reason)
        if output.code == NEVER:
            raise Refused(reason)

    return fetch


@contextmanager
def spool(folder: Path) -> Iterator[Path]:
    """An empty file for what comes in, on the same file system as the store; gone afterwards."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".fetch-", dir=folder)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
