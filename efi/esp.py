"""A FAT file system with the image and what stands beside it: what firmware looks for on a medium."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from efi.signing import BootKey
from efi.unpacked import Unpacked

BOOT = "EFI/BOOT/BOOTX64.EFI"
BESIDE = f"{BOOT}.extra.d"
LABEL, SERIAL = "HARDPAN", "48415250"
MIB = 1 << 20
_SPARE_MIB = 8
# FAT32 needs as many clusters.
_LEAST_MIB = 40


@dataclass(frozen=True)
class Content:
    """An image, and the credentials beside it by their names, which the stub hands to the node; nobody signed those.

    `key` signs what else of a medium the firmware starts; None where it checks nothing.
    """

    image: bytes
    credentials: Mapping[str, bytes]
    key: BootKey | None = None

    def files(self) -> dict[str, bytes]:
        """All files by their paths."""
        beside = {f"{BESIDE}/{name}.cred": value for name, value in sorted(self.credentials.items())}
        return {BOOT: self.image, **beside}

    @property
    def mebibytes(self) -> int:
        """The size of a file system that holds it."""
        return max(_LEAST_MIB, -(-sum(map(len, self.files().values())) // MIB) + _SPARE_MIB)


def format_esp(unpacked: Unpacked, file: Path, files: Mapping[str, bytes], mebibytes: int, start: int = 0) -> None:
    """Makes the file system in a file that is there, `start` bytes from its begin, and fills it."""
    options = ("--invariant", "-i", SERIAL, "-n", LABEL, "-F", "32", "--offset", str(start // 512))
    unpacked.run("mkfs.vfat", *options, str(file), str(mebibytes * 1024))
    where = f"{file}@@{start}"
    folders = {str(each) for name in files for each in PurePosixPath(name).parents} - {"."}
    unpacked.run("mtools", "-c", "mmd", "-i", where, *(f"::{each}" for each in sorted(folders)))
    with tempfile.TemporaryDirectory(prefix="hardpan-esp-") as folder:
        for number, (name, data) in enumerate(files.items()):
            source = Path(folder) / str(number)
            source.write_bytes(data)
            unpacked.run("mtools", "-c", "mcopy", "-i", where, str(source), f"::{name}")
