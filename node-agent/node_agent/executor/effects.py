"""One line for every real change of the machine, appended and never read by us: history for checkers and auditors."""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from typing import Protocol

from node_agent.clock import Clock

log = logging.getLogger(__name__)
LARGEST = 4 * 1024 * 1024
LONGEST_WAITING = 256 * 1024


class EffectsLog(Protocol):
    """Takes note of what was really done."""

    def note(self, effect: str, subject: str, **details: str | int) -> None:
        """`effect` is the act (`machine.start`), `subject` is `kind/namespace/name`."""


class EffectsFile:
    """JSON lines in a file; when it is full it becomes the one predecessor that is kept."""

    def __init__(self, path: Path, boot: str, clock: Clock, largest: int = LARGEST) -> None:
        self._path = path
        self._boot = boot
        self._clock = clock
        self._largest = largest
        self._lock = threading.Lock()
        self._unwritten = b""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def note(self, effect: str, subject: str, **details: str | int) -> None:
        """Appends one line in one write. What was done is done: a line that finds no room waits for the next one."""
        line = {"time": self._clock.timestamp(), "boot": self._boot, "effect": effect, "subject": subject, **details}
        with self._lock:
            self._unwritten += (json.dumps(line, separators=(",", ":")) + "\n").encode()
            try:
                self._make_room(len(self._unwritten))
                self._write()
            except OSError as error:
                log.warning("%s of %s is not in %s yet: %s", effect, subject, self._path, error.strerror)
                self._unwritten = self._unwritten[-LONGEST_WAITING:]

    def _write(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._unwritten = self._unwritten[os.write(descriptor, self._unwritten) :]
        finally:
            os.close(descriptor)

    def _make_room(self, more: int) -> None:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return
        if size + more > self._largest:
            os.replace(self._path, self._path.with_suffix(".old.jsonl"))
