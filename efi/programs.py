"""The image's programs: the listed ones, busybox under each name that it knows besides, and their libraries."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from efi.contents import names
from efi.errors import ContentsWrong
from efi.libraries import closure, is_elf
from efi.tree import Tree
from efi.unpacked import LIBRARIES, LOADER, Unpacked
from sal.command import Command

BUSYBOX = "usr/bin/busybox"
KMOD = ("depmod", "insmod", "lsmod", "modinfo", "modprobe", "rmmod")


def add_programs(tree: Tree, unpacked: Unpacked) -> list[Path]:
    """Adds the programs; returns the ELF files among them."""
    added = []
    for name in names("programs"):
        file = unpacked.program(name)
        if file is None:
            raise ContentsWrong(f"no package has the program {name}: change efi/contents")
        tree.copy(file, f"usr/bin/{name}")
        added.append(file.resolve())
    for name in KMOD:
        tree.link(f"usr/bin/{name}", "kmod")
    tree.link("usr/bin/python3", "python3.11")
    for name in applets(unpacked):
        if f"usr/bin/{name}" not in tree:
            tree.link(f"usr/bin/{name}", "busybox")
    return [file for file in added if is_elf(file)]


def applets(unpacked: Unpacked) -> tuple[str, ...]:
    """The names that busybox knows. It needs no library, so no loader either."""
    command = Command((str(unpacked.folder / BUSYBOX), "--list"), environment={"LC_ALL": "C"})
    return tuple(unpacked.runner.run(command).text.split())


def add_libraries(tree: Tree, unpacked: Unpacked, files: Iterable[Path]) -> None:
    """Adds the libraries that these ELF files need."""
    for library in closure(unpacked, files, names("libraries")):
        if not library.name.startswith("ld-linux"):
            tree.copy(library, f"{LIBRARIES}/{library.name}")
    tree.copy(unpacked.folder / LOADER, LOADER)
