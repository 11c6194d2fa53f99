"""The control group that all pods are below, so that they go as a whole; version 1 has a tree for each kind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
EMPTY_SECONDS = 5.0
# A new group of version 1 may use no processor and no memory until it is told which.
TAKEN_OVER = ("cpuset.cpus", "cpuset.mems")
# Else all pods together would get as much of a busy machine as one program of it (version 1, version 2).
SHARES = {"cpu.shares": "10240", "cpu.weight": "1000"}


def ensure(name: str, root: Path = ROOT) -> None:
    """The group in every tree."""
    for tree in _trees(root):
        group = tree / name
        group.mkdir(exist_ok=True)
        for file in TAKEN_OVER:
            if _is_version_1(tree) and (tree / file).exists():
                (group / file).write_text((tree / file).read_text())
        for file, share in SHARES.items():
            if (group / file).exists():
                (group / file).write_text(share)


def remove(name: str, root: Path = ROOT) -> None:
    """No such group is left; its processes have ended, which the kernel may see a little later."""
    for tree in _trees(root):
        deadline = time.monotonic() + EMPTY_SECONDS
        while (tree / name).exists() and time.monotonic() < deadline:
            _remove(tree / name)
            time.sleep(0.02)


def _remove(group: Path) -> None:
    # Their files are the kernel's and go with the folder.
    for each in sorted((each for each in group.rglob("*") if each.is_dir()), reverse=True):
        with suppress(OSError):
            each.rmdir()
    with suppress(OSError):
        group.rmdir()


def _trees(root: Path) -> Iterator[Path]:
    if not _is_version_1(root):
        yield root
        return
    # Links such as `cpu` to `cpu,cpuacct` would name a tree twice.
    yield from (each for each in sorted(root.iterdir()) if each.is_dir() and not each.is_symlink())


def _is_version_1(tree: Path) -> bool:
    return not (tree / "cgroup.controllers").exists()
