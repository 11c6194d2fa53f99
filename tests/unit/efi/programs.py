"""EFI programs and images of a few bytes."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from efi.lock import PACKAGE, Item, Lock, format_lock
from efi.release import Release

LOCK = Lock(datetime(2026, 11, 26, tzinfo=UTC), (Item(PACKAGE, "zstd", "1.5.4", "a" * 64),))
RELEASE = Release("0.1.0", "cloud", "c" * 64, 1_795_678_122)
PARTS = {
    ".text": b"stub",
    ".osrel": RELEASE.text().encode(),
    ".cmdline": b"console=ttyS0",
    ".hpdlock": format_lock(LOCK).encode(),
    ".initrd": b"initramfs",
    ".linux": b"kernel",
}


def program(parts: dict[str, bytes], certificates: tuple[int, int] = (0, 0)) -> bytes:
    """A PE file of these sections; the directory of certificates is (place, size)."""
    optional = bytearray(240)
    struct.pack_into("<II", optional, 112 + 8 * 4, *certificates)
    head = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, len(parts), 0, 0, 0, len(optional), 0)
    place = 64 + len(head) + len(optional) + 40 * len(parts)
    table, contents = b"", b""
    for number, (name, content) in enumerate(parts.items(), 1):
        where = place + len(contents)
        table += struct.pack("<8sIIII16x", name.encode(), len(content), number * 4096, len(content), where)
        contents += content
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + head + bytes(optional) + table + contents


def image(flavour: str = "cloud", version: str = "0.1.0", line: str = "console=ttyS0") -> bytes:
    """A boot image that says this of itself."""
    release = Release(version, flavour, "c" * 64, 1_795_678_122)
    return program({**PARTS, ".osrel": release.text().encode(), ".cmdline": line.encode()})
