"""Copies what machines print to a line of this one, where the signed part of the image asks for it.

A booted node has no shell and no way in. A demo or a laboratory still wants to see its machines' consoles; a node of a
site that holds other people's machines should not show them, so no channel beside the image can ask for this.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from node_agent.settings import NodeSettings
from trust.strangers import harmless

WIDTH = 200
_MOST_WAITING = 16_384
_MOST_AT_ONCE = 4_096


class ConsoleCopy:
    """Goes on from where it was; a line that takes nothing loses the oldest, and holds nobody."""

    def __init__(self, devices: Path = Path("/dev")) -> None:
        self._devices = devices
        self._read: dict[Path, int] = {}
        self._waiting = b""

    def look(self, settings: NodeSettings | None) -> None:
        """Writes what is new since the last look: `MACHINE: LINE`, one line each."""
        if settings is None or settings.consoles is None:
            return
        for file in sorted(settings.paths.machines.glob("*/console.log")):
            for line in self._new(file):
                self._waiting += f"{file.parent.name}: {harmless(line.rstrip(), WIDTH)}\n".encode()
        self._waiting = self._waiting[-_MOST_WAITING:]
        with suppress(OSError):
            self._waiting = self._waiting[_write(self._devices / settings.consoles, self._waiting) :]

    def _new(self, file: Path) -> list[str]:
        """Whole lines that were not seen yet, or a piece of an endless one; what became shorter was begun anew."""
        with suppress(OSError), file.open("rb") as opened:
            begin = self._read.get(file, 0)
            begin = begin if begin <= os.fstat(opened.fileno()).st_size else 0
            opened.seek(begin)
            data = opened.read(_MOST_AT_ONCE)
            taken = len(data) if len(data) == _MOST_AT_ONCE and b"\n" not in data else data.rfind(b"\n") + 1
            self._read[file] = begin + taken
            return data[:taken].decode(errors="replace").splitlines()
        return []


def _write(device: Path, data: bytes) -> int:
    if not data:
        return 0
    descriptor = os.open(device, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.write(descriptor, data)
    finally:
        os.close(descriptor)
