"""Looks at the hypervisor processes of all nodes, again and again: what ran when, whoever says what about it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from sal.command import start_time

LOOK_SECONDS = 0.25
QEMU = b"qemu-system-x86_64"


@dataclass(frozen=True)
class Life:
    """One process of a machine: its name on the host, the node, the process, and when it was seen first and last."""

    host: str
    node: int
    pid: int
    started: int
    first: float
    last: float
    mebibytes: int


class Watcher:
    """A thread that looks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lives: dict[tuple[int, int], Life] = {}
        self._stop = threading.Event()
        self._blind: Exception | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def begin(self) -> None:
        """Looks from now on."""
        self._thread.start()

    def end(self) -> tuple[Life, ...]:
        """Every life that was seen. Raises what made the thread blind, should anything have."""
        self._stop.set()
        self._thread.join()
        if self._blind is not None:
            raise self._blind
        return tuple(self._lives.values())

    def now(self) -> dict[str, Life]:
        """The machines that run now."""
        self.look()
        latest = max((life.last for life in self._lives.values()), default=0.0)
        return {life.host: life for life in self._lives.values() if life.last == latest}

    def look(self) -> None:
        """Looks once."""
        now = time.time()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            # Others on this machine may emulate machines, too.
            if words[0] == QEMU and b"-add-fd" in words:
                self._see(int(process.name), [word.decode() for word in words], now)

    def _see(self, pid: int, words: list[str], now: float) -> None:
        console = Path(words[words.index("-add-fd") + 1].partition("opaque=")[2])
        started = start_time(pid)
        if started is None or not console.is_relative_to(self._folder):
            return
        node = int(console.relative_to(self._folder).parts[0].removeprefix("node-"))
        host, mebibytes = words[words.index("-name") + 1], int(words[words.index("-m") + 1].removesuffix("M"))
        before = self._lives.get((pid, started))
        first = before.first if before else now
        self._lives[pid, started] = Life(host, node, pid, started, first, now, mebibytes)

    def _serve(self) -> None:
        try:
            while not self._stop.wait(LOOK_SECONDS):
                self.look()
        except Exception as error:
            self._blind = error
