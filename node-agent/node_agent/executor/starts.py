"""Which start of this node's programs this is: a number beside the key that only rises, and a random name.

A copy of the disk carries the key and the number, and counts on by itself. So of two machines with one key each start
is told from every other, and a restart from a copy.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from node_agent.errors import NeedsOperator, TryAgain
from sal.errors import SalError
from sal.filesystem import write_durably


@dataclass(frozen=True)
class Start:
    """The number of a start, and its name: no two machines draw the same."""

    number: int
    instance: str


class Starts:
    """Counts this start when it is first asked for, so that a full disk keeps no executor from making room."""

    def __init__(self, path: Path, draw: Callable[[], str] = lambda: secrets.token_hex(16)) -> None:
        self._path, self._instance = path, draw()
        self._lock = threading.Lock()
        self._this: Start | None = None

    def this(self) -> Start:
        """This start; it is on disk before anybody hears of it. Raises TryAgain, or NeedsOperator for damage."""
        with self._lock:
            if self._this is None:
                self._this = self._begin()
            return self._this

    def _begin(self) -> Start:
        number = self._latest() + 1
        try:
            write_durably(self._path, json.dumps({"starts": number}).encode())
        except SalError as error:
            raise TryAgain("DiskFull", f"this start cannot be counted: {error}; free some, work goes on") from None
        return Start(number, self._instance)

    def _latest(self) -> int:
        try:
            return int(json.loads(self._path.read_bytes())["starts"])
        except FileNotFoundError:
            return 0
        except (ValueError, KeyError, TypeError):
            message = f"{self._path} is damaged: remove it, then `kubectl hardpan node resolve` this node"
            raise NeedsOperator("IdentityDamaged", message) from None
