"""Finds the shared libraries that a set of programs needs, by what their ELF files name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from efi.errors import ContentsWrong
from efi.unpacked import Unpacked

_FILE = re.compile(r"^File: (.+)$")
_NEEDED = re.compile(r"\(NEEDED\)\s+Shared library: \[(.+)\]")
_MAGIC = b"\x7fELF"


def parse_needed(output: str) -> dict[str, tuple[str, ...]]:
    """Names of the libraries that each file needs, from `readelf --dynamic` over several files."""
    needed: dict[str, tuple[str, ...]] = {}
    file = ""
    for line in output.splitlines():
        if head := _FILE.match(line):
            file = head[1]
            needed[file] = ()
        elif name := _NEEDED.search(line):
            needed[file] += (name[1],)
    return needed


def is_elf(file: Path) -> bool:
    """Whether it is a program or a library."""
    with file.open("rb") as opened:
        return opened.read(4) == _MAGIC


def closure(unpacked: Unpacked, files: Iterable[Path], named: Iterable[str] = ()) -> tuple[Path, ...]:
    """The libraries that these ELF files need, with what those need, sorted; `named` ones too.

    Raises ContentsWrong for a library that no package has.
    """
    found: dict[str, Path] = {}
    waiting = list(files)
    there = {file.name for file in waiting}
    wanted = set(named)
    while waiting or wanted:
        wanted |= _needed(unpacked, waiting)
        new = sorted(wanted - found.keys() - there)
        waiting = [_library(unpacked, name) for name in new]
        found.update(zip(new, waiting, strict=True))
        wanted = set()
    return tuple(found[name] for name in sorted(found))


def _needed(unpacked: Unpacked, files: list[Path]) -> set[str]:
    if not files:
        return set()
    # readelf names the file of a part only when it was given several.
    output = unpacked.run("x86_64-linux-gnu-readelf", "--wide", "--dynamic", *map(str, files), str(files[0]))
    return {name for names in parse_needed(output.text).values() for name in names}


def _library(unpacked: Unpacked, name: str) -> Path:
    file = unpacked.library(name)
    if file is None:
        raise ContentsWrong(f"no package has {name}: add the one that does to the list of packages")
    return file
