"""A partition table (GPT) with one partition over the whole disk, as bytes, made of nothing but the disk's own facts.

The bytes are the same each time, so a table that was half written when the power went is known again as ours, sector
by sector. That is why no tool writes it. The form is UEFI 2.10, chapter 5.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from uuid import NAMESPACE_OID, UUID, uuid5

MIB = 1 << 20
LINUX_DATA = UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
_ENTRIES, _ENTRY_BYTES = 128, 128
_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_PROTECTIVE = struct.Struct("<446s B3sB3sII 48s H")


@dataclass(frozen=True)
class Table:
    """What the table is for: a disk of `size` bytes with sectors of `sector` bytes; `serial` makes its ids its own."""

    name: str
    size: int
    sector: int
    serial: str

    @property
    def sectors(self) -> int:
        """Sectors of the disk."""
        return self.size // self.sector

    @property
    def array_sectors(self) -> int:
        """Sectors of the array of partition entries."""
        return _ENTRIES * _ENTRY_BYTES // self.sector

    def id(self, of: str) -> UUID:
        """The id of the disk or of the partition."""
        return uuid5(NAMESPACE_OID, f"hardpan {of} {self.name} {self.serial} {self.size}")


def render(table: Table) -> tuple[tuple[int, bytes], ...]:
    """(offset in bytes, bytes) in the order in which they must be written: the last one makes the table count."""
    last, array = table.sectors - 1, _array(table)
    before = last - table.array_sectors
    backup = (before, array), (last, _header(table, array, last, 1, before))
    parts = (*backup, (2, array), (1, _header(table, array, 1, last, 2)), (0, _protective(table)))
    return tuple((at * table.sector, data) for at, data in parts)


def begun(table: Table, first: bytes, last: bytes) -> bool:
    """Whether the first and the last MiB of the disk hold nothing but sectors of this table, or zeros."""
    ours = bytearray(MIB), bytearray(MIB)
    for offset, data in render(table):
        which, at = (0, offset) if offset < MIB else (1, offset - (table.size - MIB))
        ours[which][at : at + len(data)] = data
    return _agree(first, bytes(ours[0]), table.sector) and _agree(last, bytes(ours[1]), table.sector)


def _agree(found: bytes, ours: bytes, sector: int) -> bool:
    pieces = ((found[at : at + sector], ours[at : at + sector]) for at in range(0, len(ours), sector))
    return all(there == own or not any(there) for there, own in pieces)


def _array(table: Table) -> bytes:
    first = max(MIB // table.sector, 2 + table.array_sectors)
    usable = table.sectors - table.array_sectors - 1
    end = usable // (MIB // table.sector) * (MIB // table.sector) - 1
    name = table.name.encode("utf-16-le").ljust(72, b"\0")
    entry = LINUX_DATA.bytes_le + table.id("partition").bytes_le + struct.pack("<QQQ", first, end, 0) + name
    return entry.ljust(_ENTRIES * _ENTRY_BYTES, b"\0")


def _header(table: Table, array: bytes, own: int, other: int, array_at: int) -> bytes:
    usable = 2 + table.array_sectors, table.sectors - table.array_sectors - 2

    def packed(checksum: int) -> bytes:
        fields = (b"EFI PART", 0x10000, _HEADER.size, checksum, 0, own, other, *usable, table.id("disk").bytes_le)
        return _HEADER.pack(*fields, array_at, _ENTRIES, _ENTRY_BYTES, zlib.crc32(array))

    return packed(zlib.crc32(packed(0))).ljust(table.sector, b"\0")


def _protective(table: Table) -> bytes:
    length = min(table.sectors - 1, 0xFFFFFFFF)
    packed = _PROTECTIVE.pack(b"", 0, b"\0\x02\0", 0xEE, b"\xff\xff\xff", 1, length, b"", 0xAA55)
    return packed.ljust(table.sector, b"\0")
