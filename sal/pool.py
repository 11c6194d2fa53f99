"""The node's storage pool: volumes, disks of machines, the bin. What is made appears whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

DISK = "disk.raw"
SUBVOLUMES = ("@identity", "@images", "@volumes", "@machines", "@bin")


@dataclass(frozen=True)
class Usage:
    """Bytes of the pool."""

    total: int
    free: int


@dataclass(frozen=True)
class VolumeState:
    """A volume as it is: its disk's bytes (None: no disk), and whether it still is as it was made.

    `elsewhere` are folders beside it that carry its mark: somebody renamed it.
    """

    size: int | None
    writable: bool = True
    limited: bool = True
    marked: bool = True
    elsewhere: tuple[str, ...] = ()


class Pool(Protocol):
    """What the executor needs of a pool. Names are host names; raises NotFound, NoSpace, Refused."""

    @property
    def root(self) -> Path:
        """Where the pool is mounted."""

    def prepare(self) -> None:
        """Makes the pool's own subvolumes where they are missing, and removes what a crash left unfinished.

        Called once, before anything else works on the pool.
        """

    def volume_size(self, name: str) -> int | None:
        """Bytes of a volume, or None when there is none."""

    def volume_state(self, name: str) -> VolumeState:
        """A volume as it is, or as what is left of it."""

    def mend_volume(self, name: str) -> None:
        """Makes a volume writable, limited and marked again; its content is not touched."""

    def rename_back(self, found: str, name: str) -> None:
        """Gives a renamed volume its name again; Refused when there is another one of that name."""

    def volume_disk(self, name: str) -> Path:
        """The raw disk of a volume."""

    def create_volume(self, name: str, size: int) -> None:
        """Makes a volume with an ext4 file system; one that is there stays as it is. It appears whole."""

    def grow_volume(self, name: str, size: int) -> None:
        """Makes a volume larger; never smaller."""

    def bin_volume(self, name: str) -> None:
        """Moves a volume into the bin, beside earlier ones of its name."""

    def binned(self, name: str) -> tuple[str, ...]:
        """The entries of the bin for a name, oldest first."""

    def restore_volume(self, name: str) -> None:
        """Brings the latest volume of this name back from the bin; one that is there stays as it is."""

    def empty_bin(self, entry: str) -> None:
        """Removes one entry of the bin for good."""

    def destroy_volume(self, name: str) -> None:
        """Removes a volume for good."""

    def volumes(self) -> tuple[str, ...]:
        """The names of all volumes, marked or not."""

    def machine_folder(self, name: str) -> Path:
        """The folder of a machine's disks, made and marked when missing."""

    def machine_folders(self) -> dict[str, bool]:
        """The folders of all machines, and whether each has the mark that it was made with."""

    def clone_image(self, image: Path, target: Path, size: int) -> None:
        """A machine's root disk of `size` bytes: the image's blocks, shared; appears whole."""

    def remove_machine(self, name: str) -> None:
        """Removes a machine's folder."""

    def usage(self) -> Usage:
        """How full the pool is."""
