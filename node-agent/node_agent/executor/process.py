"""The executor's process: one per state directory, serving the agent and watching over what must run."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_agent import logs, medium, settings
from node_agent.clock import SystemClock
from node_agent.errors import NeedsOperator, NodeError
from node_agent.executor import identity, sealing
from node_agent.executor.assembly import assemble
from node_agent.executor.hosts import host_for, pool_for
from node_agent.executor.leaving import stop_machines
from node_agent.executor.server import ExecutorServer
from node_agent.executor.watching import make_folders, watch
from node_agent.settings import NodeSettings
from trust.errors import TrustError


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
