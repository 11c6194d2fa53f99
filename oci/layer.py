"""A layer of an image: the files of a tree as a compressed archive, with fixed times and owners."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from efi.cpio import Entry
from efi.unpacked import Unpacked


@dataclass(frozen=True)
class Layer:
    """The archive as registries keep it, by gzip, and what made it, in words."""

    data: bytes
    made_by: str

    @cached_property
    def plain_digest(self) -> str:
        """SHA-256 of what is unpacked: by it a machine knows which layers it has."""
        return hashlib.sha256(gzip.decompress(self.data)).hexdigest()


def archive(entries: Iterable[Entry], epoch: int) -> bytes:
    """The entries in their order as a tar archive, all of root and of one time."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as opened:
        for each in entries:
            member = _member(each, epoch)
            opened.addfile(member, io.BytesIO(each.data) if member.isfile() else None)
    return made.getvalue()


def _member(entry: Entry, epoch: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(entry.name)
    member.mode, member.mtime = stat.S_IMODE(entry.mode), epoch
    if stat.S_ISLNK(entry.mode):
        member.type, member.linkname = tarfile.SYMTYPE, entry.data.decode()
    elif stat.S_ISDIR(entry.mode):
        member.type = tarfile.DIRTYPE
    else:
        member.size = len(entry.data)
    return member


def compressed(unpacked: Unpacked, data: bytes) -> bytes:
    """By the lock's own gzip, since those of machines differ; it writes neither name nor time."""
    with tempfile.TemporaryDirectory(prefix="hardpan-gzip-") as folder:
        file = Path(folder) / "layer"
        file.write_bytes(data)
        unpacked.run("gzip", "-n", str(file))
        return file.with_suffix(".gz").read_bytes()
