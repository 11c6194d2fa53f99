"""The lock of a flavour: each package, wheel and crate of the image by version and digest, not by where it comes from.

One word, name, version and digest a line; `built` is the image's time, which a node's clock is never below.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from efi.errors import LockWrong
from sal.errors import os_errors

PACKAGE, WHEEL, CRATE = "deb", "wheel", "crate"
_ITEM = re.compile(r"(deb|wheel|crate) ([a-z0-9][a-z0-9.+_-]*) ([A-Za-z0-9.+:~_-]+) sha256:([0-9a-f]{64})")
_BUILT = re.compile(r"built (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, order=True)
class Item:
    """One package (`deb`), wheel (`wheel`), or crate (`crate`) that cargo fetches, as it must be."""

    kind: str
    name: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Lock:
    """Everything that an image is made of."""

    built: datetime
    items: tuple[Item, ...]

    def of(self, kind: str) -> tuple[Item, ...]:
        """The packages, the wheels, or the crates."""
        return tuple(each for each in self.items if each.kind == kind)

    def item(self, kind: str, name: str) -> Item:
        """One of them. Raises LockWrong when it is not there."""
        found = next((each for each in self.of(kind) if each.name == name), None)
        if found is None:
            raise LockWrong(f"the lock has no {kind} {name}: make it anew with `hardpan image lock`")
        return found

    @property
    def epoch(self) -> int:
        """`built` in seconds since 1970."""
        return int(self.built.timestamp())

    @property
    def digest(self) -> str:
        """SHA-256 of the lock in hexadecimal."""
        return hashlib.sha256(format_lock(self).encode()).hexdigest()


def parse_lock(text: str, source: object = "the lock") -> Lock:
    """A lock from its text. Raises LockWrong with the line."""
    built, items = None, []
    for number, line in enumerate(text.splitlines(), 1):
        if time := _BUILT.fullmatch(line):
            built = datetime.strptime(time[1], _TIME).replace(tzinfo=UTC)
        elif item := _ITEM.fullmatch(line):
            items.append(Item(*item.groups()))
        elif line and not line.startswith("#"):
            raise LockWrong(f"{source} line {number}: {line!r} is no item: make it anew with `hardpan image lock`")
    if built is None or not items:
        raise LockWrong(f"{source} names no time or no items: make it anew with `hardpan image lock`")
    return Lock(built, tuple(sorted(items)))


def format_lock(lock: Lock, head: str = "") -> str:
    """The text of a lock; `head` is a comment."""
    lines = [f"# {each}" for each in head.splitlines()]
    lines += [f"built {lock.built.strftime(_TIME)}"]
    lines += [f"{each.kind} {each.name} {each.version} sha256:{each.digest}" for each in sorted(lock.items)]
    return "\n".join(lines) + "\n"


def read_lock(file: Path) -> Lock:
    """The lock in a file. Raises LockWrong, NotFound."""
    with os_errors(file):
        return parse_lock(file.read_text(), file)
