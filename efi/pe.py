"""Reads the sections of an EFI program (the PE format, as Microsoft's specification of it says)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from efi.errors import NotAnImage

_SECTION = struct.Struct("<8sIIII16x")
_ALIGNMENT = 4096
_CERTIFICATES = 4


@dataclass(frozen=True)
class Section:
    """A part of the program: its name, where it is in memory, and its content."""

    name: str
    address: int
    content: bytes

    @property
    def end(self) -> int:
        """The first free page behind it in memory."""
        return -(-(self.address + len(self.content)) // _ALIGNMENT) * _ALIGNMENT


def sections(data: bytes) -> tuple[Section, ...]:
    """The sections in their order. Raises NotAnImage."""
    try:
        (start,) = struct.unpack_from("<I", data, 0x3C)
        count, optional = struct.unpack_from("<2xH12xH", data, start + 4)
        if data[:2] != b"MZ" or data[start : start + 4] != b"PE\0\0":
            raise NotAnImage("this is no EFI program")
        first = start + 24 + optional
        return tuple(_section(data, first + number * _SECTION.size) for number in range(count))
    except struct.error:
        raise NotAnImage("this is no EFI program, or only the begin of one") from None


def is_signed(data: bytes) -> bool:
    """Whether a program's directory of certificates names one."""
    start = int.from_bytes(data[0x3C:0x40], "little")
    place, size = struct.unpack_from("<II", data, start + 24 + 112 + 8 * _CERTIFICATES)
    return bool(place and size)


def _section(data: bytes, offset: int) -> Section:
    name, size, address, stored, place = _SECTION.unpack_from(data, offset)
    content = data[place : place + min(size, stored)]
    if len(content) < min(size, stored):
        raise NotAnImage("this EFI program was cut off: make it or copy it again")
    return Section(name.rstrip(b"\0").decode(errors="replace"), address, content + b"\0" * (size - len(content)))
