"""Firmware that the chosen drivers load into their cards: what the drivers themselves name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from efi.tree import Tree
from efi.unpacked import Unpacked

FOLDER = "usr/lib/firmware"


def add_firmware(tree: Tree, unpacked: Unpacked, modules: Iterable[Path]) -> None:
    """Adds the files, or links to them, that these drivers name; what Debian does not have is left out."""
    said = unpacked.run("modinfo", "--field", "firmware", *map(str, sorted(modules)))
    for name in sorted(set(said.text.split())):
        for file in sorted((unpacked.folder / FOLDER).glob(name)):
            tree.copy(file, f"{FOLDER}/{file.relative_to(unpacked.folder / FOLDER)}")
