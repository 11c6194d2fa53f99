"""The machine's power button, as the kernel tells of it by an input device (evdev, <linux/input.h>)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_EVENT = struct.Struct("@qqHHi")
_KEY, _POWER, _DOWN = 1, 116, 1
_NAME = "Power Button"
_MOST_EVENTS = 64


class PowerButton:
    """All power buttons of the machine, also those that the kernel finds later."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._open: dict[str, int] = {}

    def pressed(self) -> bool:
        """Whether somebody pressed one since the last look."""
        for name in self._found():
            if name not in self._open:
                with suppress(OSError):
                    device = self._root / "dev/input" / name
                    self._open[name] = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        return any(is_press(self._read(name)) for name in list(self._open))

    def _found(self) -> Iterator[str]:
        for device in sorted((self._root / "sys/class/input").glob("event*")):
            with suppress(OSError):
                if (device / "device/name").read_text().strip() == _NAME:
                    yield device.name

    def _read(self, name: str) -> bytes:
        try:
            return os.read(self._open[name], _MOST_EVENTS * _EVENT.size)
        except BlockingIOError:
            return b""
        except OSError:
            os.close(self._open.pop(name))
            return b""


def is_press(events: bytes) -> bool:
    """Whether the power key went down in these events. Pure."""
    whole = len(events) // _EVENT.size * _EVENT.size
    return any(event[2:] == (_KEY, _POWER, _DOWN) for event in _EVENT.iter_unpack(events[:whole]))
