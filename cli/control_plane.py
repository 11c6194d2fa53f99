"""`hardpan control-plane`: ledger, coord, supervisor, gateway and admission as processes of one machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from jobs.trace import ENDPOINT
from sal.command import Process, spawn

PASSED = ("KUBECONFIG", ENDPOINT)
ROLES = ("ledger", "coord", "supervisor", "gateway", "admission")
LOOK_SECONDS = 0.2
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 20.0
GRACE_SECONDS = 15.0


@dataclass
class Child:
    """One controller, started again when it ends, with a growing pause."""

    role: str
    folder: Path
    process: Process | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = field(default=FIRST_PAUSE)

    def look(self, now: float) -> None:
        """Starts it when it is not there and its turn has come."""
        if self.process is not None and self.process.alive():
            if now - self.started > STEADY_SECONDS:
                self.pause = FIRST_PAUSE
            return
        if self.process is not None:
            self.process, self.due = None, now + self.pause
            self.pause = min(LONGEST_PAUSE, self.pause * 2)
            print(f"{self.role} ended; started again in {self.due - now:.1f} s", file=sys.stderr, flush=True)
        elif now >= self.due:
            log = self.folder / f"{self.role}.log"
            self.process = spawn(_words(self.role), log=log, environment=environment(self.role))
            self.started = now
            (self.folder / f"{self.role}.pid").write_text(str(self.process.pid))


def run(folder: Path) -> int:
    """Runs all of them until SIGTERM or SIGINT; their logs and pids are in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    children = [Child(role, folder) for role in ROLES]
    while not stopping.wait(LOOK_SECONDS):
        for child in children:
            child.look(time.monotonic())
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for process in running:
        if not process.wait(max(0.1, deadline - time.monotonic())):
            process.kill()
    return 0


def become(role: str) -> NoReturn:
    """This process becomes a controller, without the memory of the command line."""
    os.execve(sys.executable, _words(role), {**os.environ, "PYTHONPATH": _paths()})


def _words(role: str) -> list[str]:
    return [sys.executable, "-P", "-m", "controllers", role]


def _paths() -> str:
    return ":".join(str(Path(each).resolve()) for each in sys.path if each)


def environment(role: str = ROLES[0]) -> dict[str, str]:
    """What a child inherits: our settings, where API server and collector are, and where Python finds us.

    HARDPAN_MONITOR is the first child's address; each of the others has the next port.
    """
    passed = {name: value for name, value in os.environ.items() if name.startswith("HARDPAN_") or name in PASSED}
    host, _, port = passed.get("HARDPAN_MONITOR", "").rpartition(":")
    if port.isdecimal():
        passed["HARDPAN_MONITOR"] = f"{host}:{int(port) + ROLES.index(role)}"
    return {**passed, "PYTHONPATH": _paths(), "PYTHONUNBUFFERED": "1"}
