"""Writes an initramfs: the "newc" cpio format, with fixed times and owners, so the same files are the same bytes."""

from __future__ import annotations

from dataclasses import dataclass

FOLDER = 0o040755
PROGRAM = 0o100755
FILE = 0o100644
LINK = 0o120777
CONSOLE = 0o020600


@dataclass(frozen=True)
class Entry:
    """One entry of the archive; `device` is (major, minor) of a device node."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def archive(entries: list[Entry]) -> bytes:
    """The archive of the entries, in their order."""
    made = [_entry(each, number) for number, each in enumerate(entries, 1)]
    return b"".join([*made, _entry(Entry("TRAILER!!!", 0), 0)])


def _entry(entry: Entry, inode: int) -> bytes:
    name = entry.name.encode() + b"\0"
    fields = (inode, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
