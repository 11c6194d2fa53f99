"""Shows what the demo does, step by step, and how long each took; colour only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from cli.demo.waiting import waiting

LABEL_WIDTH = 56


class Steps:
    """A line per step: what, and the seconds it took. The same goes to a log."""

    def __init__(self, log: Path, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._log = log
        self._began = time.monotonic()
        log.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """A step that begins here and ends with the block."""
        began = time.monotonic()
        try:
            with waiting(label, self._console):
                yield
        except BaseException:
            self._line(f"  ✗ {label}", began)
            raise
        self._line(f"  ✓ {label}", began)

    def say(self, text: str = "") -> None:
        """A line without time."""
        self._console.print(text, markup=False, soft_wrap=True)
        self._write(text)

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._began

    def _line(self, text: str, began: float) -> None:
        self.say(f"{text:<{LABEL_WIDTH}} {time.monotonic() - began:6.1f} s")

    def _write(self, text: str) -> None:
        with self._log.open("a") as log:
            log.write(text + "\n")
