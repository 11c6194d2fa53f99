"""Processes of a contest: on chosen cores, with the processor time of the whole group as the kernel accounts it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


class Group:
    """A program with its children, in a session of its own."""

    def __init__(self, words: Sequence[object], cores: str, log: Path, environment: Mapping[str, str]) -> None:
        command = ["taskset", "-c", cores, *map(str, words)]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, **environment},
            )  # fmt: skip

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    def cpu_seconds(self) -> float:
        """Of all processes of the session."""
        return sum(_seconds(each) for each in _processes() if _session(each) == self._process.pid)

    def stop(self) -> None:
        """SIGKILL to all of it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for each in _processes():
            if _session(each) == self._process.pid:
                with suppress(ProcessLookupError):
                    os.kill(int(each.name), signal.SIGKILL)
        self._process.wait()


def run(words: Sequence[object], cores: str, environment: Mapping[str, str], seconds: float) -> str:
    """What a program prints. Raises when it fails."""
    command = ["taskset", "-c", cores, *map(str, words)]
    found: Any = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, env={**os.environ, **environment}
    )
    if found.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {found.stderr[-2000:]}")
    return str(found.stdout).strip().splitlines()[-1]


def _processes() -> list[Path]:
    return [each for each in Path("/proc").iterdir() if each.name.isdigit()]


def _fields(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _session(process: Path) -> int:
    fields = _fields(process)
    return int(fields[3]) if fields else -1


def _seconds(process: Path) -> float:
    fields = _fields(process)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0
