"""A user of its own for each program in which strangers' guests live: who breaks out of one reaches no other's."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

FIRST = 0x4000_0000
MANY = 1 << 28


def own_user(name: str, taken: Collection[int]) -> int:
    """A user id that no process has. It begins to look where the name says, so that two nodes of one machine, which
    look at the same moment, seldom find the same. Pure."""
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return next(user for step in range(MANY) if (user := FIRST + (start + step) % MANY) not in taken)


def users_of_processes() -> frozenset[int]:
    """The user ids of all processes that are there."""
    return frozenset(each for each in map(_user, Path("/proc").iterdir()) if each is not None)


def _user(process: Path) -> int | None:
    try:
        return process.stat().st_uid if process.name.isdigit() else None
    except OSError:
        return None
