"""How to ask btrfs something: numbers and layouts of linux/btrfs.h, and the errors in our words."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sal.errors import Refused, os_errors

SUBVOL_CREATE = 0x5000940E
SNAP_DESTROY = 0x5000940F
SNAP_CREATE_V2 = 0x50009417
FICLONE = 0x40049409
FS_INFO = 0x8400941F
GET_SUBVOL_INFO = 0x81F8943C
SUBVOL_GETFLAGS = 0x80089419
SUBVOL_SETFLAGS = 0x4008941A
QUOTA_CTL = 0xC0109428
QGROUP_LIMIT = 0x8030942B

_NAME = re.compile(r"[@.]?[a-z0-9][a-z0-9.-]{0,200}")


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """A descriptor of a folder."""
    with os_errors(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def call(folder: Path, request: int, arguments: bytes, what: Path) -> bytes:
    """One ioctl on a folder; returns what the kernel left in the arguments. Errors name `what`."""
    # More than 1024 bytes go in a mutable buffer only.
    buffer = bytearray(arguments)
    with opened(folder) as descriptor, os_errors(what):
        fcntl.ioctl(descriptor, request, buffer)
    return bytes(buffer)


def name_of(path: Path) -> bytes:
    """The last part of a path for the kernel, or Refused: names are ours, never a user's."""
    if not _NAME.fullmatch(path.name):
        raise Refused(f"{path.name!r} is no name of a subvolume")
    return path.name.encode()
