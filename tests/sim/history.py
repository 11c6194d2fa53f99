"""Everything that happened, in order, with its virtual time: what checkers read, and what two runs are compared by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One thing that happened: who did what, to what, and the particulars."""

    at: float
    who: str
    what: str
    subject: str
    details: dict[str, Any]

    def __str__(self) -> str:
        more = " ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.at:11.3f}  {self.who:<16} {self.what:<18} {self.subject} {more}".rstrip()


class History:
    """Entries, and listeners that look at each as it comes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.entries: list[Entry] = []
        self.listeners: list[Callable[[Entry], None]] = []

    def note(self, who: str, what: str, subject: str, **details: Any) -> None:
        """Adds an entry."""
        entry = Entry(self._clock(), who, what, subject, details)
        self.entries.append(entry)
        for listener in self.listeners:
            listener(entry)

    @property
    def digest(self) -> str:
        """Two runs with the same digest were the same run."""
        hashed = hashlib.sha256()
        for each in self.entries:
            line = [repr(each.at), each.who, each.what, each.subject, each.details]
            hashed.update(json.dumps(line, sort_keys=True, default=str).encode())
        return hashed.hexdigest()
