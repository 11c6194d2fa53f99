"""A btrfs file system on a loop device, for one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sal import loop
from sal.command import SystemRunner
from sal.filesystem import make_btrfs, make_sparse


@contextmanager
def btrfs_disk(folder: Path, size: int = 2 << 30) -> Iterator[Path]:
    """Its mount point; unmounted and detached afterwards."""
    runner, file, target = SystemRunner(), folder / "disk.img", folder / "node"
    make_sparse(file, size)
    make_btrfs(runner, file, "test")
    device = loop.attach(runner, file)
    target.mkdir()
    try:
        loop.mount(runner, device.device, target)
        try:
            yield target
        finally:
            loop.unmount(runner, target)
    finally:
        loop.detach(runner, device.device)
