"""File systems in files, and files that are whole or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from sal.command import Command, Runner
from sal.errors import NoSpace


def make_ext4(runner: Runner, file: Path, label: str) -> None:
    """Formats a file as ext4. The discard is left out: the file is new and sparse."""
    options = ("-q", "-F", "-L", label, "-E", "nodiscard,lazy_itable_init=1")
    runner.run(Command(("mkfs.ext4", *options, str(file)), hint="install e2fsprogs"))


def make_btrfs(runner: Runner, device: Path, label: str) -> None:
    """Formats a device or file as btrfs. It must be empty: an existing file system is never overwritten."""
    runner.run(Command(("mkfs.btrfs", "-q", "-L", label, str(device)), hint="install btrfs-progs"))


def make_sparse(file: Path, size: int) -> None:
    """A file of `size` bytes that takes no space yet."""
    with file.open("wb") as made:
        made.truncate(size)


def grow(file: Path, size: int) -> None:
    """Makes a file longer; a longer one stays as it is."""
    if file.stat().st_size < size:
        os.truncate(file, size)


def write_durably(file: Path, data: bytes, mode: int = 0o600) -> None:
    """Writes a file so that after a crash it is the old or the new one, whole. Raises NoSpace."""
    temporary = file.with_name(f".new-{file.name}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as made:
            made.write(data)
            made.flush()
            os.fsync(made.fileno())
        temporary.rename(file)
        sync_folder(file.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"{file} cannot be written: the disk is full; free some space") from None
        raise


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
