"""The executor's process: one per state directory, serving the agent and watching over what must run."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from node_agent import logs, medium, settings
from node_agent.clock import SystemClock
from node_agent.errors import NeedsOperator, NodeError
from node_agent.executor import identity, sealing
from node_agent.executor.assembly import Executor, assemble
from node_agent.executor.hosts import host_for, pool_for
from node_agent.executor.leaving import stop_machines
from node_agent.executor.refusals import Refusals
from node_agent.executor.server import ExecutorServer
from node_agent.paths import Paths
from node_agent.settings import NodeSettings
from trust.errors import TrustError

LONGEST_SOCKET_PATH = 107


def main(path: Path) -> int:
    """Runs the executor with the settings in this file; returns the exit code."""
    logs.setup()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        run(settings.load(path), stopping)
    except NodeError as error:
        return _stopped(error.reason, error.message)
    except TrustError as error:
        return _stopped("MediumWrong", f"{error}: make the medium anew")
    return 0


def _stopped(reason: str, message: str) -> int:
    print(f"executor stopped, {reason}: {message}".replace("\n", " "), file=sys.stderr, flush=True)
    return 1


def run(chosen: NodeSettings, stopping: threading.Event) -> None:
    """Serves until stopping. Raises NeedsOperator for what a person has to mend first."""
    os.umask(0o077)
    loaded = medium.load(chosen.medium)
    make_folders(chosen.paths)
    with only_one(chosen.paths.executor_lock):
        pool = pool_for(chosen)
        own = identity.keep(chosen.paths.keys, sealing.of(chosen.tpm))
        host = host_for(chosen, loaded, pool, own)
        executor = assemble(chosen, loaded, own, host, SystemClock())
        executor.releases.require_young()
        executor.keeper.restore()
        with ExecutorServer(chosen.paths.socket, executor.service.respond, chosen.agent_user) as server:
            serving = threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True)
            serving.start()
            watch(executor, chosen.watch_seconds, stopping)
            server.shutdown()
        if executor.releases.leaving:
            stop_machines(executor.keeper.tools)
        executor.store.close()


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


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the lock of the state directory. Raises NeedsOperator when another executor holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NeedsOperator("AlreadyRunning", f"another executor holds {path}: stop it first") from None


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
