"""The files of the image in two trees: what comes from packages changes with the lock only, what is ours every day."""

from __future__ import annotations

import tempfile
from pathlib import Path

from efi.errors import ContentsWrong
from efi.libraries import closure, is_elf
from efi.own import Own
from efi.python_tree import add_python
from efi.release import Release
from efi.tree import Tree, files_below
from efi.unpacked import LIBRARIES, LOADER, Unpacked
from oci.contents import names

ROOT = Path(__file__).parent / "root"
OF_CONTROLLERS = ("controllers", "crds", "jobs", "plans", "rhai", "trust")
# What looks after a real machine has no place here.
OF_REAL_NODES = ("__main__", "fetching", "hosts", "leaving", "process", "sal_*", "server")
CONTROLLERS = Own(
    packages=(*OF_CONTROLLERS, "cli", "node_agent", "sal"),
    only=(*(f"{each}/*" for each in OF_CONTROLLERS), *names("helm-test")),
    excluded=(
        *("*/testing.py", "*/testing/*", "*/reference.py", "*/reference/*", "crds/fields.py", "crds/schema.py"),
        *(f"node_agent/executor/{each}.py" for each in OF_REAL_NODES),
        "node_agent/agent/__main__.py",
    ),
    suffixes=(".py", ".lua", ".so"),
)
# Where Kubernetes mounts something, and where Redis keeps its data.
FOLDERS = ("dev", "etc/hardpan", "proc", "run", "sys", "tmp", "var/lib/redis")
LINKS = {
    "bin": "usr/bin",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
    "sbin": "usr/bin",
    "usr/bin/python3": "python3.11",
    "usr/sbin": "bin",
}


def platform(unpacked: Unpacked) -> Tree:
    """Python with its packages, Redis, the libraries of both, and the little that is below /etc."""
    tree = Tree()
    for name in files_below(ROOT):
        tree.copy(ROOT / name, name)
    for name in FOLDERS:
        tree.folder(name)
    for name, target in LINKS.items():
        tree.link(name, target)
    with tempfile.TemporaryDirectory(prefix="hardpan-oci-") as folder:
        shared = add_python(tree, unpacked, Path(folder), names("python.excluded"))
        for library in closure(unpacked, [*shared, *_programs(tree, unpacked)], names("libraries")):
            tree.copy(library, f"{LIBRARIES}/{library.name}")
    tree.copy(unpacked.folder / LOADER, LOADER)
    return tree


def _programs(tree: Tree, unpacked: Unpacked) -> list[Path]:
    added = []
    for name in names("programs"):
        file = unpacked.program(name)
        if file is None or not is_elf(file):
            raise ContentsWrong(f"no package has the program {name}: change oci/contents")
        tree.copy(file, f"usr/bin/{name}")
        added.append(file.resolve())
    return added


def own(unpacked: Unpacked, release: Release) -> Tree:
    """Our packages, and who the image is."""
    tree = Tree()
    CONTROLLERS.add(tree, unpacked)
    tree.put("etc/os-release", release.text().encode())
    return tree
