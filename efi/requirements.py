"""Reads requirements.lock: which version of a Python distribution counts, and the digests of its files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from efi.errors import ContentsWrong

_HEAD = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Requirement:
    """A distribution, its one version, and the digests that one of its files must have."""

    name: str
    version: str
    digests: tuple[str, ...]

    def __str__(self) -> str:
        """As pip reads it. Markers are left out: the image's Python decides, not the one that runs this program."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{each}" for each in self.digests)])


def parse_requirements(text: str) -> dict[str, Requirement]:
    """The distributions of a requirements file, by name."""
    found = {}
    for logical in text.replace("\\\n", " ").splitlines():
        if head := _HEAD.match(logical):
            found[head[1]] = Requirement(head[1], head[2], tuple(_HASH.findall(logical)))
    return found


def pick(requirements: dict[str, Requirement], names: Iterable[str]) -> tuple[Requirement, ...]:
    """Those of these names. Raises ContentsWrong when one is not required."""
    wanted = sorted(names)
    missing = [name for name in wanted if name not in requirements]
    if missing:
        raise ContentsWrong(f"requirements.lock has no {', '.join(missing)}: change the list of wheels")
    return tuple(requirements[name] for name in wanted)
