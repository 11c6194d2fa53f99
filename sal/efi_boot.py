"""What the next start of the machine is, told to the firmware: one start from a file, and the usual one again after it.

Firmware forgets `BootNext` before it follows it, so whatever becomes of that start, the one after it is the usual one;
a file that it cannot or may not start is passed over at once. The forms are UEFI 2.10's, sections 3.1.3 and 10.3.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sal.errors import os_errors

VARIABLES = Path("sys/firmware/efi/efivars")
_GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
# A number that firmware does not hand out by itself: it counts from 0.
NUMBER = 0x4850
_KEPT, _ATTRIBUTES = 0x7, 4
_ACTIVE = 0x1
_END = b"\x7f\xff\x04\x00"


@dataclass(frozen=True)
class Place:
    """A partition of a GPT: its number, its first and its count of sectors, its unique id."""

    number: int
    start: int
    size: int
    id: UUID


def load_option(title: str, place: Place, file: str) -> bytes:
    """How firmware is told to start a file of a partition; `file` has slashes and begins with none. Pure."""
    disk = struct.pack("<IQQ16sBB", place.number, place.start, place.size, place.id.bytes_le, 2, 2)
    name = _text("\\" + file.replace("/", "\\"))
    path = _node(1, disk) + _node(4, name) + _END
    return struct.pack("<IH", _ACTIVE, len(path)) + _text(title) + path


def _node(kind: int, data: bytes) -> bytes:
    return struct.pack("<BBH", 4, kind, 4 + len(data)) + data


def _text(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le")


@dataclass(frozen=True)
class BootVariables:
    """The firmware's variables of a machine."""

    root: Path = Path("/")

    def start_once(self, option: bytes) -> None:
        """The next start, and only that, is by this option. Raises SalError."""
        self._write(f"Boot{NUMBER:04X}", option)
        self._write("BootNext", struct.pack("<H", NUMBER))

    def cancel(self) -> None:
        """The next start is the usual one after all."""
        with os_errors("BootNext"):
            self._file("BootNext").unlink(missing_ok=True)

    def started_once(self) -> bool:
        """Whether this start was by such an option."""
        try:
            return self._file("BootCurrent").read_bytes()[_ATTRIBUTES:] == struct.pack("<H", NUMBER)
        except OSError:
            return False

    def _file(self, name: str) -> Path:
        return self.root / VARIABLES / f"{name}-{_GLOBAL}"

    def _write(self, name: str, data: bytes) -> None:
        """One write is one change of a variable; these few are not protected against it."""
        with os_errors(f"the firmware's variable {name}"):
            descriptor = os.open(self._file(name), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.write(descriptor, struct.pack("<I", _KEPT) + data)
            finally:
                os.close(descriptor)
