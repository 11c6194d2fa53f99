"""The kernel's part of the image: its image, the chosen modules, and maps of them for modprobe."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from efi.errors import ContentsWrong
from efi.modules import ModuleTexts, choose, parse_maps
from efi.tree import Tree, files_below
from efi.unpacked import Unpacked

MODULES = "usr/lib/modules"
LISTS = ("modules.order", "modules.builtin", "modules.builtin.modinfo")
# modprobe reads the binary maps only.
TEXTS = ("modules.alias", "modules.dep", "modules.symbols", "modules.order", "modules.builtin.modinfo")


@dataclass(frozen=True)
class Kernel:
    """The kernel of the unpacked packages."""

    unpacked: Unpacked

    @property
    def version(self) -> str:
        """As the kernel itself says it."""
        found = sorted((self.unpacked.folder / MODULES).glob("*"))
        if len(found) != 1:
            raise ContentsWrong(f"{len(found)} kernels are in the lock: make it anew with `hardpan image lock`")
        return found[0].name

    @property
    def image(self) -> Path:
        """The file that is booted."""
        return self.unpacked.folder / "boot" / f"vmlinuz-{self.version}"

    @property
    def folder(self) -> Path:
        """Where the modules are."""
        return self.unpacked.folder / MODULES / self.version

    def chosen(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Files of the wanted modules and of what they need."""
        if not (self.folder / "modules.dep").exists():
            self.unpacked.run("depmod", "--basedir", str(self.unpacked.folder), self.version)
        texts = ((self.folder / f"modules.{name}").read_text() for name in ("dep", "softdep", "alias", "builtin"))
        return choose(parse_maps(ModuleTexts(*texts)), wanted)


def add_modules(tree: Tree, kernel: Kernel, files: Iterable[str], work: Path) -> None:
    """Adds modules with maps of just them. `work` is an empty folder."""
    below = f"{MODULES}/{kernel.version}"
    (work / below).mkdir(parents=True)
    (work / "lib").symlink_to("usr/lib")
    for name in (*LISTS, *files):
        (work / below / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(kernel.folder / name, work / below / name)
    kernel.unpacked.run("depmod", "--basedir", str(work), kernel.version)
    for name in files_below(work / below):
        if name not in TEXTS:
            tree.put(f"{below}/{name}", (work / below / name).read_bytes())
