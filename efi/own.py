"""Our own packages in an image, as byte code: which of their files are there, and whether one of them changed."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from efi.errors import ContentsWrong
from efi.python_tree import add_compiled
from efi.tree import Tree, files_below
from efi.unpacked import WHEELS, Unpacked


def own_version() -> str:
    """The version of this program, which is the image's."""
    try:
        return version("hardpan")
    except PackageNotFoundError:
        raise ContentsWrong("hardpan is not installed: run `make setup`") from None


@dataclass(frozen=True)
class Own:
    """Packages that are installed here; of their files `only` these that end so, without the `excluded` (patterns)."""

    packages: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    only: tuple[str, ...] = ("*",)
    suffixes: tuple[str, ...] = (".py", ".lua")

    def sources(self) -> Iterator[tuple[str, Path]]:
        """Each file by its name below its packages."""
        for package in self.packages:
            found = importlib.util.find_spec(package)
            if found is None or not found.submodule_search_locations:
                raise ContentsWrong(f"the package {package} is not installed: run `make setup`")
            folder = Path(found.submodule_search_locations[0])
            for name in files_below(folder):
                if name.endswith(self.suffixes) and self._includes(f"{package}/{name}"):
                    yield f"{package}/{name}", folder / name

    def _includes(self, name: str) -> bool:
        return _matches(name, self.only) and not _matches(name, self.excluded)

    def digest(self) -> str:
        """Changes with every change of what is in the image of ours."""
        hashed = hashlib.sha256(own_version().encode())
        for name, file in self.sources():
            hashed.update(f"{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
        return hashed.hexdigest()

    def add(self, tree: Tree, unpacked: Unpacked) -> None:
        """Adds the packages, and the version as Python's own metadata."""
        with tempfile.TemporaryDirectory(prefix="hardpan-own-") as folder:
            work = Path(folder)
            for name, file in self.sources():
                target = work / WHEELS / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            add_compiled(tree, unpacked, work)
        metadata = f"Metadata-Version: 2.1\nName: hardpan\nVersion: {own_version()}\n"
        tree.put(f"{WHEELS}/hardpan-{own_version()}.dist-info/METADATA", metadata.encode())


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
