"""The boot partition of this machine: found by its name, mounted while something is done to it, and let go again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from node_agent.errors import Refused
from node_agent.update.slots import Act, Action, Slots
from sal import boot_entries, power
from sal.block import Disk, Partition, disks
from sal.command import Command, Runner
from sal.efi_boot import Place
from sal.errors import SalError, os_errors
from sal.filesystem import sync_folder
from trust.release import is_version

NAME = "hardpan-boot"
OPTIONS = "noatime,nosuid,nodev,noexec,umask=0077"
CHUNK = 1 << 20
_NO_SLOTS = (
    "this node has no boot partition of its own: start it from a stick, or by iPXE from a bootstrap server with --pins"
)


@dataclass(frozen=True)
class BootPartition:
    """The partition below a root; `target` is where it is mounted meanwhile."""

    root: Path
    target: Path
    runner: Runner

    @contextmanager
    def mounted(self) -> Iterator[Folder]:
        """Its files. Raises Refused where there is none to write to, SalError."""
        device = self.root / "dev" / self._found()[1].device
        with os_errors(self.target):
            self.target.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.runner.run(Command(("mount", "-t", "vfat", "-o", OPTIONS, str(device), str(self.target))))
        try:
            yield Folder(self.target)
        finally:
            with suppress(SalError):
                power.unmount(self.target)

    def place(self) -> Place:
        """Where firmware finds it. Raises Refused, SalError."""
        disk, partition = self._found()
        folder = self.root / "sys/class/block" / partition.device
        words = ("blkid", "-p", "-o", "value", "-s", "PART_ENTRY_UUID", str(self.root / "dev" / partition.device))
        told = self.runner.run(Command(words)).text.strip()
        with os_errors(folder):
            number, start, size = (int((folder / name).read_text()) for name in ("partition", "start", "size"))
        sectors = disk.sector // 512
        return Place(number, start // sectors, size // sectors, UUID(told))

    def _found(self) -> tuple[Disk, Partition]:
        found = [(disk, each) for disk in disks(self.root) for each in disk.partitions if each.name == NAME]
        if not found:
            raise Refused("NoSlots", _NO_SLOTS)
        if len(found) > 1:
            names = " and ".join(each.device for _, each in found)
            raise Refused(
                "SeveralMedia", f"{names} both are boot media: remove the one that this machine does not need"
            )
        if found[0][0].read_only:
            raise Refused("MediumReadOnly", f"{found[0][1].device}, the boot medium, is read-only: make it writable")
        return found[0]


@dataclass(frozen=True)
class Folder:
    """The files of a mounted boot partition."""

    path: Path

    def slots(self) -> Slots:
        """What is there."""
        entries, images = (self._names(name) for name in (boot_entries.ENTRIES, boot_entries.IMAGES))
        found = boot_entries.versions_of_entries(entries), boot_entries.versions_of_images(images)
        return Slots(*(frozenset(filter(is_version, each)) for each in found))

    def _names(self, folder: str) -> list[str]:
        try:
            return [each.name for each in (self.path / folder).iterdir()]
        except FileNotFoundError:
            return []

    def free(self) -> int:
        """Bytes that can still be written."""
        with os_errors(self.path):
            found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def apply(self, action: Action, source: Path | None = None) -> None:
        """One action, durably; `source` is the image that is written. Raises SalError."""
        image, entry = (self.path / name(action.version) for name in (boot_entries.image_file, boot_entries.entry_file))
        if action.act is Act.WRITE_IMAGE and source is not None:
            self._copy(source, image)
        elif action.act is Act.WRITE_ENTRY:
            self._write(entry, boot_entries.entry_text(action.version))
        elif action.act in (Act.REMOVE_ENTRY, Act.REMOVE_IMAGE):
            self._remove(entry if action.act is Act.REMOVE_ENTRY else image)

    def digest(self, version: str) -> str:
        """SHA-256 of an image as it is on the medium, not as it is in memory. Raises SalError."""
        file = self.path / boot_entries.image_file(version)
        with os_errors(file), file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return hashlib.file_digest(opened, "sha256").hexdigest()

    def _copy(self, source: Path, target: Path) -> None:
        with os_errors(target), source.open("rb") as read:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as written:
                while chunk := read.read(CHUNK):
                    written.write(chunk)
                written.flush()
                os.fsync(written.fileno())
            sync_folder(target.parent)

    def _write(self, target: Path, data: bytes) -> None:
        """In place: FAT has no rename that a cut cannot leave half done, and half an entry is none."""
        with os_errors(target), target.open("wb") as written:
            written.write(data)
            written.flush()
            os.fsync(written.fileno())
        sync_folder(target.parent)

    def _remove(self, target: Path) -> None:
        with os_errors(target):
            target.unlink(missing_ok=True)
            sync_folder(target.parent)
