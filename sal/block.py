"""The machine's disks as the kernel shows them, and the few bytes of them that decide whose they are."""

from __future__ import annotations

import fcntl
import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sal.errors import os_errors
from sal.gpt import MIB, Table, begun, render

_DISK = re.compile(r"(vd|sd|xvd)[a-z]+|nvme\d+n\d+")
_BLKRRPART = 0x125F
_SECTOR = 512
_SUPERBLOCK_MAGIC = 0x10040


@dataclass(frozen=True)
class Partition:
    """A partition: its device's name, and its own in the table."""

    device: str
    name: str


@dataclass(frozen=True)
class Disk:
    """A disk: `size` in bytes, `sector` the bytes of its logical sectors."""

    name: str
    size: int
    sector: int = _SECTOR
    removable: bool = False
    read_only: bool = False
    serial: str = ""
    partitions: tuple[Partition, ...] = ()


class Surface(Enum):
    """What the first and the last MiB of a disk, or the first of a partition, hold."""

    EMPTY = "empty"
    BEGUN = "begun by us"
    POOL = "a btrfs file system"
    OTHER = "something else"


def disks(root: Path = Path("/")) -> tuple[Disk, ...]:
    """The disks, in the order of their names."""
    folder = root / "sys/class/block"
    names = [each.name for each in folder.iterdir() if _DISK.fullmatch(each.name)] if folder.is_dir() else []
    return tuple(_disk(folder / name) for name in sorted(names, key=lambda name: (len(name), name)))


def _disk(folder: Path) -> Disk:
    inside = sorted(each for each in folder.iterdir() if (each / "partition").is_file())
    return Disk(
        name=folder.name,
        size=int(_read(folder / "size") or 0) * _SECTOR,
        sector=int(_read(folder / "queue/logical_block_size") or _SECTOR),
        removable=_read(folder / "removable") == "1",
        read_only=_read(folder / "ro") == "1",
        serial=_read(folder / "serial") or _read(folder / "device/serial") or _read(folder / "wwid"),
        partitions=tuple(Partition(each.name, parse_name((each / "uevent").read_text())) for each in inside),
    )


def parse_name(uevent: str) -> str:
    """The partition's name in its uevent; empty where the table has none."""
    fields = dict(line.partition("=")[::2] for line in uevent.splitlines())
    return fields.get("PARTNAME", "")


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""


def disk_surface(device: Path, table: Table) -> Surface:
    """What is on a disk without partitions that may get this table."""
    with os_errors(device), device.open("rb") as opened:
        first = opened.read(MIB)
        opened.seek(table.size - MIB)
        last = opened.read(MIB)
    if not any(first) and not any(last):
        return Surface.EMPTY
    return Surface.BEGUN if begun(table, first, last) else Surface.OTHER


def partition_surface(device: Path) -> Surface:
    """What is on a partition: mkfs.btrfs writes another magic first and the real one when it is done."""
    with os_errors(device), device.open("rb") as opened:
        first = opened.read(MIB)
    magic = first[_SUPERBLOCK_MAGIC : _SUPERBLOCK_MAGIC + 8]
    if magic == b"_BHRfS_M":
        return Surface.POOL
    if magic == b"!BHRfS_M" or not any(first):
        return Surface.BEGUN
    return Surface.OTHER


def write_table(device: Path, table: Table) -> None:
    """Writes the table durably; the kernel knows the partition afterwards. Raises Busy when the disk is in use."""
    with os_errors(device):
        descriptor = os.open(device, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
        try:
            *before, (offset, last) = render(table)
            for at, data in before:
                os.pwrite(descriptor, data, at)
            os.fsync(descriptor)
            os.pwrite(descriptor, last, offset)
            os.fsync(descriptor)
            fcntl.ioctl(descriptor, _BLKRRPART)
        finally:
            os.close(descriptor)
