"""What an executor does however it is run: its folders before it starts, and looking after what must run."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

from node_agent.errors import NeedsOperator, NodeError
from node_agent.executor.assembly import Executor
from node_agent.executor.refusals import Refusals
from node_agent.paths import Paths

LONGEST_SOCKET_PATH = 107


def make_folders(paths: Paths) -> None:
    """The folders that the executor owns; `run` can be passed by the agent's user on the way to the socket."""
    if len(os.fsencode(paths.longest_socket)) > LONGEST_SOCKET_PATH:
        raise NeedsOperator("PathTooLong", f"{paths.state} is too long for the sockets below it: choose a shorter one")
    try:
        paths.state.mkdir(mode=0o711, parents=True, exist_ok=True)
        paths.run.mkdir(mode=0o711, exist_ok=True)
        paths.run.chmod(0o711)
    except OSError as error:
        raise NeedsOperator(
            "WrongDisk", f"cannot write to {paths.state}: {error.strerror}; is the disk there?"
        ) from None


def watch(executor: Executor, seconds: float, stopping: threading.Event) -> None:
    """Lets the keeper look again and again; what it could not do is said once and tried again."""
    said = ""
    while not stopping.wait(seconds):
        _publish(executor.refusals)
        try:
            executor.keeper.pass_once()
            executor.bin.pass_once()
            executor.images.pass_once()
            executor.tidier.pass_once()
            executor.releases.pass_once()
            said = ""
        except NodeError as error:
            if error.message != said:
                with suppress(OSError):
                    print(f"executor, {error.reason}: {error.message}", file=sys.stderr, flush=True)
            said = error.message


def _publish(refusals: Refusals) -> None:
    """A disk that is full is told by what matters more."""
    with suppress(OSError):
        refusals.publish()
