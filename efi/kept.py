"""What can be made again is kept by what it was made of, so that only what changed is made anew."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from efi.store import keep_newest
from efi.tree import files_below
from sal.errors import os_errors
from sal.filesystem import write_durably


def kept(folder: Path, made_of: str, make: Callable[[], bytes]) -> bytes:
    """What `make` makes, from the folder where it was made of the same before. Raises SalError."""
    file = folder / hashlib.sha256(made_of.encode()).hexdigest()
    if not file.exists():
        made = make()
        with os_errors(folder):
            folder.mkdir(exist_ok=True)
        write_durably(file, made, 0o644)
    os.utime(file)
    keep_newest(folder)
    return file.read_bytes()


def package_digest(folder: Path) -> str:
    """Changes with every change of the sources and lists of a package."""
    hashed = hashlib.sha256()
    for name in files_below(folder):
        if "__pycache__" not in name:
            hashed.update(f"{name}\0".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    return hashed.hexdigest()
