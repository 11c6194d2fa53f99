"""Python in the image: standard library and wheels without what is never imported there, as byte code only.

Byte code, since the image's files are made anew in memory at every boot: sources would be compiled at each.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from efi.tree import Tree, files_below
from efi.unpacked import PYTHON, Unpacked

SOURCE = ".py"


def add_python(tree: Tree, unpacked: Unpacked, work: Path, excluded: Sequence[str]) -> list[Path]:
    """Adds the standard library and the wheels without what is `excluded` (patterns); returns the ELF files among them.

    `work` is an empty folder.
    """
    source = unpacked.folder / PYTHON
    for name in kept_names(unpacked, excluded):
        _stage(source / name, work / PYTHON / name)
    return add_compiled(tree, unpacked, work)


def kept_names(unpacked: Unpacked, excluded: Sequence[str]) -> Iterator[str]:
    """Names of Python's files that are not left out."""
    found = files_below(unpacked.folder / PYTHON)
    return (name for name in found if not any(fnmatchcase(name, pattern) for pattern in excluded))


def add_compiled(tree: Tree, unpacked: Unpacked, work: Path) -> list[Path]:
    """Compiles all that is below a folder and adds it, sources left out; returns the ELF files among it."""
    compile_below(unpacked, work)
    shared = []
    for name in files_below(work):
        if not name.endswith(SOURCE):
            tree.copy(work / name, name)
        if name.endswith(".so") or ".so." in name:
            shared.append(work / name)
    return shared


def compile_below(unpacked: Unpacked, folder: Path) -> None:
    """Puts byte code beside each source, by the image's own Python; it names no path of this machine."""
    options = ("-q", "-b", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", "/")
    unpacked.run("python3.11", "-B", "-S", "-m", "compileall", *options, str(folder))


def _stage(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
