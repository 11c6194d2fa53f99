"""Our own part of the image: the packages that a node runs, as byte code."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from efi.errors import ContentsWrong
from efi.python_tree import add_compiled
from efi.tree import Tree, files_below
from efi.unpacked import WHEELS, Unpacked

PACKAGES = ("crds", "jobs", "node_agent", "plans", "sal", "trust")
# A node evaluates no script; the page of the API is for people.
EXCLUDED = (
    *(f"crds/{each}.py" for each in ("fields", "reference", "schema")),
    *(f"plans/{each}.py" for each in ("evaluate", "evaluator", "language", "scripterror")),
)
SUFFIXES = (".py", ".lua")


def own_version() -> str:
    """The version of this program, which is the image's."""
    try:
        return version("hardpan")
    except PackageNotFoundError:
        raise ContentsWrong("hardpan is not installed: run `make setup`") from None


def sources() -> Iterator[tuple[str, Path]]:
    """Each source file that a node has, by its name below its packages."""
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        if found is None or not found.submodule_search_locations:
            raise ContentsWrong(f"the package {package} is not installed: run `make setup`")
        folder = Path(found.submodule_search_locations[0])
        for name in files_below(folder):
            whole = f"{package}/{name}"
            if name.endswith(SUFFIXES) and whole not in EXCLUDED and not name.endswith("testing.py"):
                yield whole, folder / name


def sources_digest() -> str:
    """Changes with every change of what a node runs."""
    hashed = hashlib.sha256(own_version().encode())
    for name, file in sources():
        hashed.update(f"{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return hashed.hexdigest()


def add_agent(tree: Tree, unpacked: Unpacked) -> None:
    """Adds the packages, and the version as Python's own metadata."""
    with tempfile.TemporaryDirectory(prefix="hardpan-agent-") as folder:
        work = Path(folder)
        for name, file in sources():
            target = work / WHEELS / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        add_compiled(tree, unpacked, work)
    metadata = f"Metadata-Version: 2.1\nName: hardpan\nVersion: {own_version()}\n"
    tree.put(f"{WHEELS}/hardpan-{own_version()}.dist-info/METADATA", metadata.encode())
