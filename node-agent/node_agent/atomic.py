"""Replaces a small file in one step, by the path as it is given: the agent knows its folder by a relative one only."""

from __future__ import annotations

import os
from pathlib import Path


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Readers see the old file or the new one. It need not outlive a crash. One writer at a time; raises OSError."""
    aside = path.with_name(f".new-{path.name}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
    os.replace(aside, path)
