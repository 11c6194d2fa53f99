"""Runs a node in the foreground: starts agent and executor, starts a dead one again, shows what they say."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from node_agent.backoff import BackOff
from node_agent.settings import NodeSettings
from sal.command import Process, find, spawn
from sal.errors import SalError
from sal.filesystem import write_durably
from trust.strangers import harmless

LARGEST_LOG = 4 * 1024 * 1024
LOOK_SECONDS = 0.2
STEADY_SECONDS = 30.0
GRACE_SECONDS = {"agent": 15.0, "executor": 30.0}


def spawned(name: str, settings: NodeSettings) -> Process:
    """A process of the node, in a Python of its own. Raises CommandError."""
    command = [sys.executable, "-m", f"node_agent.{name}", str(settings.paths.settings)]
    return spawn(command, log=settings.paths.log(name), environment=_environment())


@dataclass
class Child:
    """One of the two processes. `show` gets each line that it prints, `begin` starts it."""

    name: str
    settings: NodeSettings
    show: Callable[[str], None]
    begin: Callable[[str, NodeSettings], Process] = spawned
    back_off: BackOff = field(default_factory=lambda: BackOff(first=0.2, longest=30.0))

    def __post_init__(self) -> None:
        self._process = self._recall()
        self._started = self._due = 0.0
        self._noted = True
        self._log = self.settings.paths.log(self.name)
        self._shown = self._log.stat().st_size if self._log.exists() else 0

    def look(self) -> None:
        """Starts the process when it is not there and its turn has come."""
        self._follow()
        now = time.monotonic()
        if self._process is not None and self._process.alive():
            self._note_down()
            if now - self._started > STEADY_SECONDS:
                self.back_off.reset()
            return
        if self._process is not None:
            self._process, self._due = None, now + self.back_off.next()
        elif now >= self._due:
            self._process = self.begin(self.name, self.settings)
            self._started, self._noted = now, False
            self._note_down()

    def _note_down(self) -> None:
        """For a later run to find it by; on a full disk again and again, until there is room."""
        if self._noted or self._process is None:
            return
        with suppress(SalError, OSError):
            write_durably(self._note, f"{self._process.pid} {self._process.started}".encode())
            self._noted = True

    def end(self) -> None:
        """Stops the process; machines go on."""
        if self._process is not None:
            self._process.terminate(GRACE_SECONDS[self.name])
        self._follow()

    @property
    def _note(self) -> Path:
        return self.settings.paths.process(self.name)

    def _recall(self) -> Process | None:
        """The process that an earlier run left behind, for this one to look after."""
        if not self._note.exists():
            return None
        pid, started = self._note.read_text().split()
        found = find(int(pid), int(started))
        if found is not None:
            self.show(f"{self.name}: runs already as process {pid}; looked after from here on")
        return found

    def _follow(self) -> None:
        """Shows whole new lines; a log that is full begins anew."""
        if not self._log.exists():
            return
        with self._log.open("rb+") as file:
            file.seek(self._shown)
            text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._shown += len(whole)
            if self._shown > LARGEST_LOG:
                file.truncate(0)
                self._shown = 0
        for line in whole.decode(errors="replace").splitlines():
            self.show(f"{self.name}: {harmless(line)}")


def run(settings: NodeSettings) -> None:
    """Runs the node until SIGTERM or SIGINT. Machines outlive it, and are found again by the next run."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    lay_down(settings, stopping)
    children = [Child(name, settings, _show) for name in ("executor", "agent")]
    while not stopping.wait(LOOK_SECONDS):
        for child in children:
            child.look()
    for child in reversed(children):
        child.end()


def lay_down(settings: NodeSettings, stopping: threading.Event) -> None:
    """Writes the settings where both processes read them; waits for a disk that cannot be written yet."""
    back_off, said = BackOff(first=1.0, longest=30.0), ""
    while not stopping.is_set():
        try:
            settings.paths.run.mkdir(mode=0o711, parents=True, exist_ok=True)
            write_durably(settings.paths.settings, settings.model_dump_json().encode(), mode=0o644)
            return
        except (OSError, SalError) as error:
            message = f"node waits, WrongDisk: cannot write to {settings.state}: {error}; is the disk there?"
            if message != said:
                _show(message)
            said = message
        stopping.wait(back_off.next())


def _show(line: str) -> None:
    print(line, flush=True)


def _environment() -> dict[str, str]:
    """The children import what this process imports."""
    return {"PYTHONPATH": ":".join(str(Path(each).resolve()) for each in sys.path if each), "PYTHONUNBUFFERED": "1"}
