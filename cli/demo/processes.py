"""Long-lived programs of a demo or a test, remembered on disk so that another run can find and end them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sal.command import Process, find, spawn
from sal.filesystem import write_durably


class Processes:
    """Programs by name in a folder: `<name>.json` holds pid and start time, `<name>.log` what it printed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> Process:
        """Starts a program unless it runs already."""
        running = self.find(name)
        if running is not None:
            return running
        process = spawn(argv, log=self.log(name), environment=environment)
        write_durably(self._file(name), json.dumps(asdict(process)).encode())
        return process

    def find(self, name: str) -> Process | None:
        """The running program of this name."""
        try:
            held = json.loads(self._file(name).read_bytes())
        except (OSError, ValueError):
            return None
        return find(held["pid"], held["started"])

    def stop(self, name: str, grace_seconds: float = 5.0) -> None:
        """Ends a program and forgets it."""
        process = self.find(name)
        if process is not None:
            process.terminate(grace_seconds)
        self._file(name).unlink(missing_ok=True)

    def names(self) -> tuple[str, ...]:
        """The programs that were started and not stopped."""
        return tuple(sorted(file.stem for file in self._folder.glob("*.json")))

    def log(self, name: str) -> Path:
        """Where a program's output is."""
        return self._folder / f"{name}.log"

    def last_words(self, name: str, lines: int = 5) -> str:
        """The end of a program's output."""
        try:
            return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"
