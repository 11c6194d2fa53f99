"""The pool on any file system, with copies instead of clones and no quota: for tests and simulated nodes."""

from __future__ import annotations

import shutil
from pathlib import Path

from sal.btrfs_pool import BtrfsPool
from sal.errors import os_errors
from sal.filesystem import remove_tree


class FolderPool(BtrfsPool):
    """`sal.pool.Pool` in a plain folder."""

    def _require(self) -> None:
        with os_errors(self._root):
            self._root.mkdir(parents=True, exist_ok=True)

    def _make(self, path: Path) -> None:
        with os_errors(path):
            path.mkdir()

    def _limit(self, volume: Path, size: int) -> None:
        """A plain folder has no quota."""

    def _as_made(self, volume: Path, size: int) -> tuple[bool, bool, bool]:
        return True, True, True

    def _renamed(self, name: str) -> tuple[str, ...]:
        return ()

    def _open_up(self, volume: Path) -> None:
        """A plain folder has no such property."""

    def _mark(self, volume: Path, name: str) -> None:
        """A plain folder has no identity."""

    def _mark_folder(self, folder: Path) -> None:
        """Not every file system keeps a mark."""

    def _is_marked(self, folder: Path) -> bool:
        return True

    def _remove(self, path: Path) -> None:
        remove_tree(path)

    def _clone(self, source: Path, target: Path) -> None:
        with os_errors(target):
            shutil.copyfile(source, target)
