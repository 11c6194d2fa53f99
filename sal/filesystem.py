"""File systems in files, and files that are whole or not there."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from sal.command import Command, Runner
from sal.errors import CommandFailed, NoSpace, os_errors

_FULL = ("No space left on device", "Disk quota exceeded")


def make_ext4(runner: Runner, file: Path, label: str) -> None:
    """Formats a file as ext4. The discard is left out: the file is new and sparse. Raises NoSpace."""
    options = ("-q", "-F", "-L", label, "-E", "nodiscard,lazy_itable_init=1")
    try:
        runner.run(Command(("mkfs.ext4", *options, str(file))))
    except CommandFailed as error:
        if any(words in error.stderr for words in _FULL):
            raise NoSpace(f"{file} cannot be formatted: the disk is full; free some space") from error
        raise


def make_btrfs(runner: Runner, device: Path, label: str) -> None:
    """Formats a device or file as btrfs. It must be empty: an existing file system is never overwritten."""
    hint = "this needs btrfs-progs and an empty device: an existing file system is never overwritten"
    runner.run(Command(("mkfs.btrfs", "-q", "-L", label, str(device)), hint=hint))


def make_sparse(file: Path, size: int) -> None:
    """A file of `size` bytes that takes no space yet."""
    with os_errors(file), file.open("wb") as made:
        made.truncate(size)


def grow(file: Path, size: int) -> None:
    """Makes a file longer; a longer one stays as it is."""
    with os_errors(file):
        if file.stat().st_size < size:
            os.truncate(file, size)


def write_durably(file: Path, data: bytes, mode: int = 0o600) -> None:
    """Writes a file so that after a crash it is the old or the new one, whole. Raises NoSpace.

    Writers at the same time each have a temporary file of their own: the last one counts.
    """
    with os_errors(f"{file} cannot be written"):
        descriptor, temporary = tempfile.mkstemp(prefix=f".new-{file.name}-", dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as made:
                made.write(data)
                made.flush()
                os.fchmod(made.fileno(), mode)
                os.fsync(made.fileno())
            os.rename(temporary, file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(file.parent)


def move(source: Path, target: Path) -> None:
    """Renames within a file system, durably: a power cut leaves no name whose file is empty."""
    with os_errors(source):
        if source.is_file():
            sync_file(source)
        source.rename(target)
        for folder in {source.parent, target.parent}:
            sync_folder(folder)


def remove_tree(folder: Path) -> None:
    """Removes a folder with all that is in it; what is gone already is no error, what stays is one."""
    with os_errors(folder):
        shutil.rmtree(folder, onerror=_unless_gone)


def _unless_gone(
    _function: object, _path: str, raised: tuple[type[BaseException], BaseException, TracebackType]
) -> None:
    if not isinstance(raised[1], FileNotFoundError):
        raise raised[1]


def sync_file(file: Path) -> None:
    """Makes a file's content durable."""
    with os_errors(file), file.open("rb") as opened:
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
