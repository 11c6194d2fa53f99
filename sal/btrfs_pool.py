"""The pool on btrfs: one subvolume with a quota per volume, clones by reflink."""

from __future__ import annotations

import os
from pathlib import Path

from sal import btrfs, quota
from sal.bin import Bin
from sal.command import Runner
from sal.errors import NotFound, Refused, os_errors
from sal.filesystem import grow, make_ext4, make_sparse, move, remove_tree, sync_file
from sal.names import below
from sal.pool import DISK, SUBVOLUMES, Usage, VolumeState

UNFINISHED = (".new-*", ".fetch-*")
LIMIT_SLACK = 64 << 20
MARK = "user.hardpan"


class BtrfsPool:
    """`sal.pool.Pool` on the btrfs that is mounted at `root`."""

    def __init__(self, root: Path, runner: Runner) -> None:
        self._root = root
        self._runner = runner
        self._bin = Bin(root / "@bin")

    @property
    def root(self) -> Path:
        """See Pool."""
        return self._root

    def prepare(self) -> None:
        """See Pool; Refused when the path is not on btrfs."""
        self._require()
        for name in SUBVOLUMES:
            if not (self._root / name).exists():
                self._make(self._root / name)
        self._sweep()

    def volume_size(self, name: str) -> int | None:
        """See Pool."""
        disk = self.volume_disk(name)
        return disk.stat().st_size if disk.exists() else None

    def volume_state(self, name: str) -> VolumeState:
        """See Pool."""
        volume, size = self._volume(name), self.volume_size(name)
        if size is None:
            return VolumeState(None, elsewhere=() if volume.exists() else self._renamed(name))
        return VolumeState(size, *self._as_made(volume, size))

    def mend_volume(self, name: str) -> None:
        """See Pool."""
        size = self.volume_size(name)
        if size is None:
            raise NotFound(f"volume {name} is not in the pool")
        self._open_up(self._volume(name))
        self._limit(self._volume(name), size)
        self._mark(self._volume(name), name)

    def rename_back(self, found: str, name: str) -> None:
        """See Pool."""
        target = self._volume(name)
        if target.exists():
            raise Refused(f"there is a volume {name}: {found} is not put in its place")
        move(self._root / "@volumes" / Path(found).name, target)

    def volume_disk(self, name: str) -> Path:
        """See Pool."""
        return self._volume(name) / DISK

    def create_volume(self, name: str, size: int) -> None:
        """See Pool; made aside and renamed."""
        target = self._volume(name)
        if target.exists():
            return
        aside = target.with_name(f".new-{name}")
        self._remove(aside)
        try:
            self._fill(aside, size)
            self._mark(aside, name)
            move(aside, target)
        except BaseException:
            self._remove(aside)
            raise

    def grow_volume(self, name: str, size: int) -> None:
        """See Pool."""
        now = self.volume_size(name)
        if now is None:
            raise NotFound(f"volume {name} is not in the pool")
        if size < now:
            raise Refused(f"volume {name} has {now} bytes and never shrinks to {size}")
        self._limit(self._volume(name), size)
        grow(self.volume_disk(name), size)
        sync_file(self.volume_disk(name))

    def bin_volume(self, name: str) -> None:
        """See Pool."""
        if self._volume(name).exists():
            self._bin.put(self._volume(name), name)

    def binned(self, name: str) -> tuple[str, ...]:
        """See Pool."""
        return self._bin.entries(name)

    def restore_volume(self, name: str) -> None:
        """See Pool."""
        if not self._volume(name).exists():
            self._bin.take(name, self._volume(name))

    def empty_bin(self, entry: str) -> None:
        """See Pool."""
        self._remove(self._bin.path(entry))

    def destroy_volume(self, name: str) -> None:
        """See Pool."""
        self._remove(self._volume(name))

    def volumes(self) -> tuple[str, ...]:
        """See Pool."""
        return self._names("@volumes")

    def machine_folder(self, name: str) -> Path:
        """See Pool."""
        folder = below(self._root / "@machines", name)
        with os_errors(folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._mark_folder(folder)
        return folder

    def machine_folders(self) -> dict[str, bool]:
        """See Pool."""
        folder = self._root / "@machines"
        return {name: self._is_marked(folder / name) for name in self._names("@machines")}

    def _names(self, folder: str) -> tuple[str, ...]:
        with os_errors(self._root / folder):
            return tuple(sorted(each.name for each in (self._root / folder).iterdir() if each.is_dir()))

    def clone_image(self, image: Path, target: Path, size: int) -> None:
        """See Pool; Refused when the image is larger than the disk."""
        with os_errors(image):
            needed = image.stat().st_size
        if needed > size:
            raise Refused(f"the image has {needed} bytes and the disk {size}: sign a disk of at least {needed} bytes")
        aside = target.with_name(f".new-{target.name}")
        try:
            self._copy(image, aside, size)
            move(aside, target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def remove_machine(self, name: str) -> None:
        """See Pool."""
        remove_tree(below(self._root / "@machines", name))

    def usage(self) -> Usage:
        """See Pool."""
        with os_errors(self._root):
            found = os.statvfs(self._root)
        return Usage(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    def _fill(self, volume: Path, size: int) -> None:
        self._make(volume)
        self._limit(volume, size)
        make_sparse(volume / DISK, size)
        make_ext4(self._runner, volume / DISK, "data")
        sync_file(volume / DISK)
        sync_file(volume / DISK)

    def _copy(self, image: Path, target: Path, size: int) -> None:
        self._clone(image, target)
        with os_errors(target):
            target.chmod(0o600)
        grow(target, size)
        sync_file(target)

    def _sweep(self) -> None:
        for pattern in UNFINISHED:
            for volume in (self._root / "@volumes").glob(pattern):
                self._remove(volume)
            for folder in ("@identity", "@images", "@machines/*"):
                for file in self._root.glob(f"{folder}/{pattern}"):
                    with os_errors(file):
                        file.unlink(missing_ok=True)

    def _volume(self, name: str) -> Path:
        return below(self._root / "@volumes", name)

    def _require(self) -> None:
        if not btrfs.is_btrfs(self._root):
            raise Refused(f"{self._root} is not on btrfs: give the node a btrfs file system")
        quota.enable(self._root)

    def _as_made(self, volume: Path, size: int) -> tuple[bool, bool, bool]:
        """Writable, limited, marked."""
        marked = _mark_of(volume) == f"{volume.name} {btrfs.identity(volume)}"
        return btrfs.is_writable(volume), _limit_of(volume) == _most(size), marked

    def _renamed(self, name: str) -> tuple[str, ...]:
        """A snapshot has the mark too, with the UUID of the volume that it was made of."""
        folder = self._root / "@volumes"
        own = ((each, folder / each) for each in btrfs.subvolumes(folder))
        return tuple(each for each, path in own if _mark_of(path) == f"{name} {btrfs.identity(path)}")

    def _open_up(self, volume: Path) -> None:
        if not btrfs.is_writable(volume):
            btrfs.set_writable(volume, True)

    def _mark(self, volume: Path, name: str) -> None:
        with os_errors(volume):
            os.setxattr(volume, MARK, f"{name} {btrfs.identity(volume)}".encode())

    def _mark_folder(self, folder: Path) -> None:
        """A copy of the folder has the mark too, and another inode."""
        if not self._is_marked(folder):
            os.setxattr(folder, MARK, f"{folder.name} {folder.stat().st_ino}".encode())

    def _is_marked(self, folder: Path) -> bool:
        return _mark_of(folder) == f"{folder.name} {folder.stat().st_ino}"

    def _make(self, path: Path) -> None:
        btrfs.create_subvolume(path)

    def _limit(self, volume: Path, size: int) -> None:
        # An overwritten block stays charged until all of its extent is: random writes of 4 KiB took 1.9 times the
        # disk's size when measured. The limit stops what runs away, never what a guest may do.
        quota.enable(volume)
        quota.limit(volume, _most(size))

    def _remove(self, path: Path) -> None:
        btrfs.delete_subvolume(path)

    def _clone(self, source: Path, target: Path) -> None:
        btrfs.clone_file(source, target)


def _most(size: int) -> int:
    return 3 * size + LIMIT_SLACK


def _limit_of(volume: Path) -> int | None:
    try:
        return quota.counted(volume).limit
    except NotFound:
        return None


def _mark_of(volume: Path) -> str:
    """The name and the UUID that a subvolume was marked with when it was made; empty without."""
    try:
        return os.getxattr(volume, MARK).decode(errors="replace")
    except OSError:
        return ""
