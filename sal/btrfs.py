"""btrfs by ioctl: the CLI's JSON aborts with limits and costs a process a call (reference/sal.md section 3)."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sal.errors import Busy, NoSpace, NotFound, SalError
from sal.names import host_name

_MAGIC = 0x9123683E
_SUBVOL_CREATE = 0x5000940E
_SNAP_DESTROY = 0x5000940F
_SNAP_CREATE_V2 = 0x50009417
_FICLONE = 0x40049409
_READ_ONLY = 1 << 1
_SUBVOLUME_INODE = 256


def is_btrfs(path: Path) -> bool:
    """Whether a path is on btrfs (by the file system's magic number)."""
    return _file_system_type(path) == _MAGIC


def is_subvolume(path: Path) -> bool:
    """Whether a path is the root of a subvolume."""
    return path.is_dir() and path.stat().st_ino == _SUBVOLUME_INODE and is_btrfs(path)


def create_subvolume(path: Path) -> None:
    """Makes an empty subvolume."""
    _in_parent(_SUBVOL_CREATE, path, struct.pack("=q4088s", 0, _name(path)))


def delete_subvolume(path: Path) -> None:
    """Deletes a subvolume with all that is in it; one that is gone already is no error."""
    try:
        _in_parent(_SNAP_DESTROY, path, struct.pack("=q4088s", 0, _name(path)))
    except NotFound:
        return


def snapshot(source: Path, target: Path, *, read_only: bool = False) -> None:
    """Makes a snapshot of a subvolume."""
    with _opened(source) as descriptor:
        flags = _READ_ONLY if read_only else 0
        arguments = struct.pack("=qQQ32s4040s", descriptor, 0, flags, b"", _name(target))
        _in_parent(_SNAP_CREATE_V2, target, arguments)


def clone_file(source: Path, target: Path) -> None:
    """Makes `target` share all blocks of `source` (a reflink)."""
    try:
        with source.open("rb") as old, target.open("wb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
    except OSError as error:
        raise _translated(error, target) from None


def _in_parent(request: int, path: Path, arguments: bytes) -> None:
    with _opened(path.parent) as descriptor:
        try:
            # More than 1024 bytes go in a mutable buffer only.
            fcntl.ioctl(descriptor, request, bytearray(arguments))
        except OSError as error:
            raise _translated(error, path) from None


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _translated(error, folder) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _name(path: Path) -> bytes:
    host_name(path.name.removeprefix("@").removeprefix(".new-"))
    return path.name.encode()


def _translated(error: OSError, path: Path) -> SalError:
    text = f"{path}: {os.strerror(error.errno or 0)}"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFound(text)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"{text}: free some space, or grow the pool")
    return Busy(text) if error.errno in (errno.EBUSY, errno.ETXTBSY) else SalError(text)


def _file_system_type(path: Path) -> int:
    """`f_type` of statfs(2), which the standard library does not show."""
    import ctypes

    buffer = ctypes.create_string_buffer(256)
    library = ctypes.CDLL(None, use_errno=True)
    if library.statfs(os.fsencode(path), buffer) != 0:
        raise _translated(OSError(ctypes.get_errno(), ""), path)
    return int(struct.unpack_from("=q", buffer.raw)[0])
