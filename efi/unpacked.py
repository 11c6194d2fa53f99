"""The packages of a lock, unpacked into one folder: what the image is picked from, and the tools that make it.

The tools run by the loader and the libraries of the lock, so that every machine makes the same bytes with them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from efi.lock import PACKAGE, WHEEL, Lock
from efi.store import Store, keep_newest
from sal.command import Command, Output, Runner
from sal.errors import os_errors

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = "usr/lib64/ld-linux-x86-64.so.2"
PYTHON = "usr/lib/python3.11"
WHEELS = f"{PYTHON}/dist-packages"
PROGRAM_FOLDERS = ("usr/sbin", "usr/bin")
MERGED = ("bin", "sbin", "lib", "lib64")
UNPACK_SECONDS = 300.0
TOOL_SECONDS = 600.0
OUTPUT_BYTES = 64 << 20
# A fixed time for whatever writes one into a file.
EPOCH = "1704067200"


@dataclass(frozen=True)
class Unpacked:
    """The folder, in which `/usr` holds all, as Debian's own machines have it."""

    folder: Path
    runner: Runner

    def program(self, name: str) -> Path | None:
        """Where a program is."""
        found = (self.folder / each / name for each in PROGRAM_FOLDERS)
        return next((each for each in found if each.is_file()), None)

    def library(self, name: str) -> Path | None:
        """Where a library is."""
        file = self.folder / LIBRARIES / name
        return file if file.is_file() else None

    def run(self, name: str, *arguments: str, input: bytes = b"") -> Output:
        """Runs a program of the folder, whatever the machine itself has."""
        libraries = str(self.folder / LIBRARIES)
        loader = (str(self.folder / LOADER), "--library-path", libraries)
        words = (*loader, str(self.program(name) or name), *arguments)
        command = Command(
            words, input, self._environment(), TOOL_SECONDS, OUTPUT_BYTES, hint=f"remove {self.folder} and build again"
        )
        return self.runner.run(command)

    def _environment(self) -> dict[str, str]:
        return {
            "GCONV_PATH": str(self.folder / LIBRARIES / "gconv"),
            "PYTHONHASHSEED": "0",
            "PYTHONHOME": str(self.folder / "usr"),
            "SOURCE_DATE_EPOCH": EPOCH,
            "TZ": "UTC",
        }


def ensure_unpacked(store: Store, lock: Lock) -> Unpacked:
    """The packages of a lock, unpacked once. The store must have them."""
    # With a change of this file, what an earlier one unpacked counts no longer.
    made_by = hashlib.sha256(f"{lock.digest} {Path(__file__).read_text()}".encode()).hexdigest()
    folder = store.folder / "unpacked" / made_by[:32]
    if not folder.exists():
        with os_errors(folder), tempfile.TemporaryDirectory(prefix=".new-", dir=store.folder) as aside:
            whole = Path(aside) / "whole"
            _unpack(store, lock, whole)
            folder.parent.mkdir(exist_ok=True)
            whole.rename(folder)
    os.utime(folder)
    keep_newest(folder.parent)
    return Unpacked(folder, store.runner)


def _unpack(store: Store, lock: Lock, folder: Path) -> None:
    for item in lock.of(PACKAGE):
        words = ("dpkg-deb", "--extract", str(store.path(item)), str(folder))
        store.runner.run(Command(words, timeout_seconds=UNPACK_SECONDS, hint="install dpkg"))
    for name in MERGED:
        if (folder / name).is_dir():
            merge(folder / name, folder / "usr" / name)
        (folder / name).symlink_to(f"usr/{name}")
    keep_links_inside(folder)
    for item in lock.of(WHEEL):
        with zipfile.ZipFile(store.path(item)) as wheel:
            wheel.extractall(folder / WHEELS)


def merge(source: Path, target: Path) -> None:
    """Moves all of a folder into another, which may have folders of the same names."""
    if not target.exists():
        source.rename(target)
        return
    for each in source.iterdir():
        if each.is_dir() and not each.is_symlink():
            merge(each, target / each.name)
        else:
            each.rename(target / each.name)
    source.rmdir()


def keep_links_inside(folder: Path) -> None:
    """Makes each link that begins at the root begin at this folder, so that none names a file of this machine."""
    for where, folders, files in os.walk(folder):
        for each in (Path(where) / name for name in (*folders, *files)):
            if each.is_symlink() and os.path.isabs(target := os.readlink(each)):
                each.unlink()
                each.symlink_to(os.path.relpath(f"{folder}{target}", where))
