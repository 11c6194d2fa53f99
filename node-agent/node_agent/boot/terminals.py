"""Draws on the machine's consoles, screen and serial line, only when there is something new to show."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

ACTIVE = Path("sys/class/tty/console/active")
KERNEL_LINES = Path("proc/sys/kernel/printk")
_ONLY_PANICS = "1 4 1 7"


class Terminals:
    """All consoles that the kernel has; one that takes nothing is passed over."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._shown = b""

    def quiet(self) -> None:
        """The kernel writes over the screen no more."""
        with suppress(OSError):
            (self._root / KERNEL_LINES).write_text(_ONLY_PANICS)

    def show(self, drawn: bytes) -> None:
        """Draws what is not shown yet."""
        if drawn == self._shown:
            return
        self._shown = drawn
        for name in self._names():
            with suppress(OSError):
                _write(self._root / "dev" / name, drawn)

    def _names(self) -> list[str]:
        try:
            return (self._root / ACTIVE).read_text().split()
        except OSError:
            return []


def _write(device: Path, data: bytes) -> None:
    """A serial line that nobody reads, with its flow held, must not hold the machine."""
    descriptor = os.open(device, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
