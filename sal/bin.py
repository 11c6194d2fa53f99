"""Where removed volumes wait: numbered entries, so that a name may be removed more than once.

A number is not used again, also when its entry was taken out: who counts the days of an entry must not take a volume
that was just removed for the one that came back before.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from sal.errors import NotFound, Refused, os_errors
from sal.filesystem import move
from sal.names import host_name

_ENTRY = re.compile(r"(.+)\.(\d{12})")


class Bin:
    """A folder of entries `<name>.<number>`; moving in and out is one rename each. `clock` gives rising seconds."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def path(self, entry: str) -> Path:
        """Where an entry is, or Refused."""
        found = _ENTRY.fullmatch(entry)
        if not found:
            raise Refused(f"{entry!r} is no entry of the bin")
        return self._folder / f"{host_name(found[1])}.{found[2]}"

    def entries(self, name: str) -> tuple[str, ...]:
        """The entries of a name, oldest first."""
        wanted = host_name(name)
        with os_errors(self._folder):
            found = (_ENTRY.fullmatch(each.name) for each in self._folder.iterdir())
            return tuple(sorted(each[0] for each in found if each and each[1] == wanted))

    def put(self, source: Path, name: str) -> None:
        """Moves a folder in, as the newest entry of its name."""
        entries = self.entries(name)
        after = int(entries[-1].rpartition(".")[2]) + 1 if entries else 0
        move(source, self.path(f"{name}.{max(after, int(self._clock())):012}"))

    def take(self, name: str, target: Path) -> None:
        """Moves the newest entry of a name out. Raises NotFound."""
        entries = self.entries(name)
        if not entries:
            raise NotFound(f"the bin has no volume {name}")
        move(self.path(entries[-1]), target)
