"""The node's storage pool: volumes, disks of machines, the bin. What is made appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sal import btrfs
from sal.command import Runner
from sal.errors import NotFound, Refused
from sal.filesystem import grow, make_ext4, make_sparse, sync_folder
from sal.names import below

DISK = "disk.raw"
SUBVOLUMES = ("@identity", "@images", "@volumes", "@machines", "@bin")


@dataclass(frozen=True)
class Usage:
    """Bytes of the pool."""

    total: int
    free: int


class Pool(Protocol):
    """What the executor needs of a pool. Names are host names; raises NotFound, NoSpace, Refused."""

    @property
    def root(self) -> Path:
        """Where the pool is mounted."""

    def prepare(self) -> None:
        """Makes the pool's own subvolumes where they are missing."""

    def volume_size(self, name: str) -> int | None:
        """Bytes of a volume, or None when there is none."""

    def volume_disk(self, name: str) -> Path:
        """The raw disk of a volume."""

    def create_volume(self, name: str, size: int) -> None:
        """Makes a volume with an ext4 file system; one that is there stays as it is."""

    def grow_volume(self, name: str, size: int) -> None:
        """Makes a volume larger; never smaller."""

    def bin_volume(self, name: str) -> None:
        """Moves a volume into the bin, beside earlier ones of its name."""

    def binned(self, name: str) -> tuple[str, ...]:
        """The entries of the bin for a name, oldest first."""

    def restore_volume(self, name: str) -> None:
        """Brings the latest volume of this name back from the bin."""

    def empty_bin(self, entry: str) -> None:
        """Removes one entry of the bin for good."""

    def destroy_volume(self, name: str) -> None:
        """Removes a volume for good."""

    def machine_folder(self, name: str) -> Path:
        """The folder of a machine's disks, made when missing."""

    def clone_image(self, image: Path, target: Path, size: int) -> None:
        """A machine's root disk: the image's blocks, shared, at least `size` bytes long; appears whole."""

    def remove_machine(self, name: str) -> None:
        """Removes a machine's folder."""

    def usage(self) -> Usage:
        """How full the pool is."""


class BtrfsPool:
    """A pool on btrfs: one subvolume per volume, clones by reflink."""

    def __init__(self, root: Path, runner: Runner) -> None:
        self._root = root
        self._runner = runner

    @property
    def root(self) -> Path:
        """See Pool."""
        return self._root

    def prepare(self) -> None:
        """See Pool; Refused when the path is not on btrfs."""
        if not btrfs.is_btrfs(self._root):
            raise Refused(f"{self._root} is not on btrfs: give the node a btrfs file system")
        for name in SUBVOLUMES:
            if not (self._root / name).exists():
                self._make(self._root / name)

    def volume_size(self, name: str) -> int | None:
        """See Pool."""
        disk = self._volume(name) / DISK
        return disk.stat().st_size if disk.exists() else None

    def volume_disk(self, name: str) -> Path:
        """See Pool."""
        return self._volume(name) / DISK

    def create_volume(self, name: str, size: int) -> None:
        """See Pool; made aside and renamed, so that a crash leaves nothing half made."""
        target = self._volume(name)
        if target.exists():
            return
        aside = target.with_name(f".new-{name}")
        self._remove(aside)
        self._make(aside)
        make_sparse(aside / DISK, size)
        make_ext4(self._runner, aside / DISK, "data")
        _sync(aside / DISK)
        aside.rename(target)
        sync_folder(target.parent)

    def grow_volume(self, name: str, size: int) -> None:
        """See Pool."""
        now = self.volume_size(name)
        if now is None:
            raise NotFound(f"volume {name} is not in the pool")
        if size < now:
            raise Refused(f"volume {name} has {now} bytes and never shrinks to {size}")
        grow(self.volume_disk(name), size)

    def bin_volume(self, name: str) -> None:
        """See Pool."""
        source = self._volume(name)
        if source.exists():
            number = int(self.binned(name)[-1].rpartition(".")[2]) + 1 if self.binned(name) else 1
            source.rename(below(self._root / "@bin", f"{name}.{number:06}"))
            sync_folder(self._root / "@bin")

    def binned(self, name: str) -> tuple[str, ...]:
        """See Pool."""
        prefix = below(self._root / "@bin", name).name + "."
        return tuple(sorted(each.name for each in (self._root / "@bin").iterdir() if each.name.startswith(prefix)))

    def restore_volume(self, name: str) -> None:
        """See Pool."""
        entries = self.binned(name)
        if not entries:
            raise NotFound(f"the bin has no volume {name}")
        (self._root / "@bin" / entries[-1]).rename(self._volume(name))
        sync_folder(self._root / "@volumes")

    def empty_bin(self, entry: str) -> None:
        """See Pool."""
        self._remove(below(self._root / "@bin", entry))

    def destroy_volume(self, name: str) -> None:
        """See Pool."""
        self._remove(self._volume(name))

    def machine_folder(self, name: str) -> Path:
        """See Pool."""
        folder = below(self._root / "@machines", name)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def clone_image(self, image: Path, target: Path, size: int) -> None:
        """See Pool."""
        aside = target.with_name(f".new-{target.name}")
        self._clone(image, aside)
        aside.chmod(0o600)
        grow(aside, size)
        _sync(aside)
        aside.rename(target)
        sync_folder(target.parent)

    def remove_machine(self, name: str) -> None:
        """See Pool."""
        shutil.rmtree(below(self._root / "@machines", name), ignore_errors=True)

    def usage(self) -> Usage:
        """See Pool."""
        found = os.statvfs(self._root)
        return Usage(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    def _volume(self, name: str) -> Path:
        return below(self._root / "@volumes", name)

    def _make(self, path: Path) -> None:
        btrfs.create_subvolume(path)

    def _remove(self, path: Path) -> None:
        btrfs.delete_subvolume(path)

    def _clone(self, source: Path, target: Path) -> None:
        btrfs.clone_file(source, target)


class FolderPool(BtrfsPool):
    """The same pool on any file system, with copies instead of clones: for tests without root."""

    def prepare(self) -> None:
        """Makes plain folders."""
        for name in SUBVOLUMES:
            (self._root / name).mkdir(parents=True, exist_ok=True)

    def _make(self, path: Path) -> None:
        path.mkdir()

    def _remove(self, path: Path) -> None:
        shutil.rmtree(path, ignore_errors=True)

    def _clone(self, source: Path, target: Path) -> None:
        shutil.copyfile(source, target)


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
