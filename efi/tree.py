"""The files of an image while it is made: names, contents and modes, and nothing that differs between machines."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from efi.cpio import FILE, FOLDER, LINK, PROGRAM, Entry


class Tree:
    """Entries by name; what is put in later replaces what was there."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def put(self, name: str, data: bytes, program: bool = False) -> None:
        """A file."""
        self._entries[name] = Entry(name, PROGRAM if program else FILE, data)

    def link(self, name: str, target: str) -> None:
        """A symbolic link."""
        self._entries[name] = Entry(name, LINK, target.encode())

    def folder(self, name: str) -> None:
        """An empty folder; those of files come by themselves."""
        self._entries[name] = Entry(name, FOLDER)

    def copy(self, source: Path, name: str) -> None:
        """A file as it is on disk, links followed; only whether it is a program counts of its mode."""
        self.put(name, source.read_bytes(), bool(source.stat().st_mode & stat.S_IXUSR))

    def entries(self) -> tuple[Entry, ...]:
        """All entries in the order of their names, each below its folders."""
        parents = {str(each) for name in self._entries for each in PurePosixPath(name).parents} - {"."}
        whole = {each: Entry(each, FOLDER) for each in parents} | self._entries
        # A name's parts, not its text, so that a folder comes before all that is in it.
        return tuple(whole[name] for name in sorted(whole, key=lambda each: each.split("/")))


def files_below(folder: Path) -> Iterator[str]:
    """Names of the files below a folder, sorted, with `/` between their parts."""
    found: Iterable[str] = (
        os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names
    )
    return iter(sorted(found))
