"""Optional parts of an image: what only some nodes need, and what costs size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from efi.contents import names
from efi.errors import ContentsWrong, MediumWrong
from efi.libraries import closure, is_elf
from efi.python_tree import kept_names
from efi.tree import Tree
from efi.unpacked import LIBRARIES, PYTHON, Unpacked


@dataclass(frozen=True)
class Option:
    """A part by its name, and its files as they are in the packages."""

    name: str
    files: tuple[str, ...]


OPTIONS = {
    each.name: each
    for each in (
        # The hypervisor of machines without KVM, with the firmware that it starts guests by.
        Option(
            "qemu",
            (
                "usr/bin/qemu-system-x86_64",
                f"{LIBRARIES}/qemu/accel-tcg-x86_64.so",
                "usr/share/qemu/kvmvapic.bin",
                "usr/share/seabios/bios-256k.bin",
            ),
        ),
    )
}


def options(wanted: Iterable[str]) -> tuple[Option, ...]:
    """Parts by their names, each once. Raises MediumWrong."""
    unknown = sorted(set(wanted) - OPTIONS.keys())
    if unknown:
        raise MediumWrong(f"there is no part {', '.join(unknown)}: there is {', '.join(OPTIONS)}")
    return tuple(OPTIONS[name] for name in sorted(set(wanted)))


def add_option(tree: Tree, unpacked: Unpacked, option: Option) -> None:
    """Adds the files of a part, and the libraries that the platform does not have."""
    shared = []
    for name in option.files:
        file = unpacked.folder / name
        if not file.is_file():
            raise ContentsWrong(f"no package has {name}: change efi/options.py")
        tree.copy(file, name)
        shared += [file] if is_elf(file) else []
    there = {each.name for each in closure(unpacked, _of_platform(unpacked))}
    for library in closure(unpacked, shared):
        if library.name not in there:
            tree.copy(library, f"{LIBRARIES}/{library.name}")


def _of_platform(unpacked: Unpacked) -> list[Path]:
    """The ELF files of the platform itself."""
    programs = [file for name in names("programs") if (file := unpacked.program(name)) is not None]
    excluded = names("python.excluded")
    modules = [unpacked.folder / PYTHON / name for name in kept_names(unpacked, excluded) if name.endswith(".so")]
    return [file for file in (*programs, *modules) if is_elf(file)]
