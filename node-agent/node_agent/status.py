"""What state the node is in, since when and why: one line on the console per change, and a small file for others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from node_agent import atomic
from node_agent.clock import Clock
from trust.strangers import harmless


class StatusBoard:
    """Shows the state in one word with a reason. Saying the same again shows nothing."""

    def __init__(self, path: Path, clock: Clock, show: Callable[[str], None]) -> None:
        self._path = path
        self._clock = clock
        self._show = show
        self._lock = threading.Lock()
        self._facts: dict[str, str] = {}
        self._said: dict[str, tuple[str, str, str]] = {}

    def about(self, **facts: str) -> None:
        """What does not change: node id, control plane."""
        with self._lock:
            self._facts.update(facts)

    def say(self, part: str, state: str, reason: str = "", message: str = "") -> None:
        """`part` is `control plane`, `queue` or `machines`; `message` is one sentence with the remedy."""
        with self._lock:
            if self._said.get(part) == (state, reason, message):
                return
            self._said[part] = (state, reason, message)
            now = self._clock.timestamp()
            self._write(now, part, state, reason, message)
        why = f": {message}" if message else ""
        self._tell(harmless(f"{now} {part} {state}{f' {reason}' if reason else ''}{why}".replace("\n", " ")))

    def _write(self, now: str, part: str, state: str, reason: str, message: str) -> None:
        said = {name: {"state": s, "reason": r, "message": m} for name, (s, r, m) in self._said.items()}
        said[part] = {"state": state, "reason": reason, "message": message, "since": now}
        try:
            atomic.replace(self._path, json.dumps({**self._facts, "parts": said}).encode(), mode=0o644)
        except OSError as error:
            self._tell(f"{now} cannot write {self._path}: {error.strerror}")

    def _tell(self, line: str) -> None:
        """A console that takes nothing more, as a log on a full disk, must not end the work that it tells of."""
        with suppress(OSError):
            self._show(line)
