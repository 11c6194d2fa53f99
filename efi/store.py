"""The cache of packages and wheels, named by digest: what is in it was verified, and never needs the network again."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from efi import apt, pip
from efi.errors import LockOutdated, LockWrong
from efi.fresh_lists import ensure_options
from efi.lock import PACKAGE, WHEEL, Item, Lock
from efi.requirements import Requirement
from sal.command import Runner
from sal.errors import os_errors
from sal.filesystem import remove_tree

# Two flavours, each by the lock of today and of yesterday.
KEPT = 4
UNUSED_SECONDS = 90 * 86_400.0


@dataclass(frozen=True)
class Store:
    """A folder of files by digest."""

    folder: Path
    runner: Runner

    def fresh(self) -> tuple[str, ...]:
        """How apt is asked for what is served now."""
        return ensure_options(self.runner, self.folder / "apt")

    def path(self, item: Item) -> Path:
        """Where the file of an item is, or will be."""
        return self.folder / "files" / item.digest

    def ensure(self, lock: Lock) -> None:
        """Fetches what is not there yet. Raises LockOutdated, LockWrong."""
        for kind, fetch in ((PACKAGE, self._fetch_packages), (WHEEL, self._fetch_wheels)):
            items = [item for item in lock.of(kind) if not self.path(item).exists()]
            if items:
                fetch(items)
        # Files of another user's cache are used and not kept in order.
        with suppress(PermissionError):
            self._forget_old(lock)

    def _forget_old(self, lock: Lock) -> None:
        """Marks what is used, and removes what no lock has named for a season."""
        for item in (*lock.of(PACKAGE), *lock.of(WHEEL)):
            os.utime(self.path(item))
        before = time.time() - UNUSED_SECONDS
        for each in self.path(lock.items[0]).parent.iterdir():
            if each.stat().st_mtime < before:
                each.unlink(missing_ok=True)

    def _fetch_packages(self, items: Sequence[Item]) -> None:
        with self._aside() as folder:
            try:
                apt.download(self.runner, items, Path(folder))
            except LockOutdated:
                apt.download(self.runner, items, Path(folder), self.fresh())
            self._keep(items, Path(folder))

    def _fetch_wheels(self, items: Sequence[Item]) -> None:
        with self._aside() as folder:
            wanted = [Requirement(each.name, each.version, (each.digest,)) for each in items]
            pip.download(self.runner, self.folder / "pip", wanted, Path(folder))
            self._keep(items, Path(folder))

    def add(self, folder: Path) -> dict[str, str]:
        """Moves each file of a folder into the store; returns digests by file name."""
        with os_errors(self.folder):
            (self.folder / "files").mkdir(parents=True, exist_ok=True)
            digests = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}
            for name, digest in digests.items():
                (folder / name).rename(self.folder / "files" / digest)
        return digests

    def _keep(self, items: Sequence[Item], folder: Path) -> None:
        came = set(self.add(folder).values())
        wrong = [str(each) for each in items if each.digest not in came]
        if wrong:
            raise LockWrong(
                f"not what the lock names: {', '.join(wrong)}. Somebody changed a package without its version: "
                "find out who before you make a new lock"
            )

    def _aside(self) -> tempfile.TemporaryDirectory[str]:
        with os_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder)


def keep_newest(folder: Path) -> None:
    """Removes from a folder of what can be made again all but the few that were used last."""
    found = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
    for each in found[:-KEPT]:
        remove_tree(each) if each.is_dir() else each.unlink(missing_ok=True)
