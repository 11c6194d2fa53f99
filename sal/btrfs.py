"""btrfs by ioctl: the CLI's JSON aborts with limits and costs a process a call (reference/sal.md section 3)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import uuid
from pathlib import Path

from sal.btrfs_ioctl import (
    FICLONE,
    GET_SUBVOL_INFO,
    SNAP_CREATE_V2,
    SNAP_DESTROY,
    SUBVOL_CREATE,
    SUBVOL_GETFLAGS,
    SUBVOL_SETFLAGS,
    call,
    name_of,
    opened,
)
from sal.errors import NotFound, os_errors

_MAGIC = 0x9123683E
_READ_ONLY = 1 << 1
_SUBVOLUME_INODE = 256
_UUID_AT = 296


def is_btrfs(path: Path) -> bool:
    """Whether a path is on btrfs (by the file system's magic number). Raises NotFound."""
    return _file_system_type(path) == _MAGIC


def is_subvolume(path: Path) -> bool:
    """Whether a path is the root of a subvolume."""
    return path.is_dir() and path.stat().st_ino == _SUBVOLUME_INODE and is_btrfs(path)


def subvolumes(folder: Path) -> tuple[str, ...]:
    """The names of the subvolumes in a folder, sorted."""
    with os_errors(folder):
        return tuple(sorted(each.name for each in folder.iterdir() if is_subvolume(each)))


def create_subvolume(path: Path) -> None:
    """Makes an empty subvolume."""
    call(path.parent, SUBVOL_CREATE, struct.pack("=q4088s", 0, name_of(path)), path)


def delete_subvolume(path: Path) -> None:
    """Deletes a subvolume with all that is in it; one that is gone already is no error."""
    try:
        call(path.parent, SNAP_DESTROY, struct.pack("=q4088s", 0, name_of(path)), path)
    except NotFound:
        return


def snapshot(source: Path, target: Path, *, read_only: bool = False) -> None:
    """Makes a snapshot of a subvolume."""
    with opened(source) as descriptor:
        flags = _READ_ONLY if read_only else 0
        arguments = struct.pack("=qQQ32s4040s", descriptor, 0, flags, b"", name_of(target))
        call(target.parent, SNAP_CREATE_V2, arguments, target)


def is_writable(subvolume: Path) -> bool:
    """Whether a subvolume may be written (its `ro` property)."""
    (flags,) = struct.unpack("=Q", call(subvolume, SUBVOL_GETFLAGS, bytes(8), subvolume))
    return not flags & _READ_ONLY


def set_writable(subvolume: Path, writable: bool) -> None:
    """Sets or clears the `ro` property of a subvolume."""
    call(subvolume, SUBVOL_SETFLAGS, struct.pack("=Q", 0 if writable else _READ_ONLY), subvolume)


def identity(subvolume: Path) -> uuid.UUID:
    """The subvolume's own UUID; a snapshot has another one."""
    info = call(subvolume, GET_SUBVOL_INFO, bytes(504), subvolume)
    return uuid.UUID(bytes=info[_UUID_AT : _UUID_AT + 16])


def clone_file(source: Path, target: Path) -> None:
    """Makes `target` share all blocks of `source` (a reflink)."""
    with os_errors(target), source.open("rb") as old, target.open("wb") as new:
        fcntl.ioctl(new.fileno(), FICLONE, old.fileno())


def _file_system_type(path: Path) -> int:
    """`f_type` of statfs(2), which the standard library does not show."""
    buffer = ctypes.create_string_buffer(256)
    library = ctypes.CDLL(None, use_errno=True)
    with os_errors(path):
        if library.statfs(os.fsencode(path), buffer) != 0:
            raise OSError(ctypes.get_errno(), "statfs")
    return int(struct.unpack_from("=q", buffer.raw)[0])
