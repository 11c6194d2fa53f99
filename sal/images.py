"""The image store: raw disk images by their SHA-256, verified while they stream in, cloned by reflink."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from sal.errors import NoSpace, Refused
from sal.filesystem import sync_folder
from sal.names import sha256

LARGEST_IMAGE = 64 << 30
_FOREIGN_MAGIC = {
    b"QFI\xfb": "qcow2",
    b"KDMV": "vmdk",
    b"conectix": "vhd",
    b"vhdxfile": "vhdx",
    b"\x7fELF": "an ELF program",
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


class ImageStore:
    """A folder of images named by their digest. An image is there whole and verified, or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str) -> Path:
        """Where an image is or would be."""
        return self._folder / f"sha256-{sha256(digest)}"

    def has(self, digest: str) -> bool:
        """Whether the image is there."""
        return self.path(digest).exists()

    def add(self, chunks: Iterable[bytes], digest: str, limit: int = LARGEST_IMAGE) -> Path:
        """Stores what streams in, when it has this digest. Raises Refused or NoSpace; then nothing is kept."""
        target = self.path(digest)
        if target.exists():
            return target
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".new-{target.name}-{os.getpid()}"
        try:
            self._write(temporary, chunks, digest, limit)
            temporary.chmod(0o444)
            temporary.rename(target)
            sync_folder(self._folder)
        finally:
            temporary.unlink(missing_ok=True)
        return target

    def _write(self, file: Path, chunks: Iterable[bytes], digest: str, limit: int) -> None:
        hashed, size = hashlib.sha256(), 0
        try:
            with file.open("wb") as made:
                for chunk in chunks:
                    if size == 0:
                        _require_raw(chunk)
                    size += len(chunk)
                    if size > limit:
                        raise Refused(f"image sha256:{digest} is larger than {limit} bytes")
                    hashed.update(chunk)
                    made.write(chunk)
                made.flush()
                os.fsync(made.fileno())
        except OSError as error:
            raise NoSpace(f"image sha256:{digest} cannot be stored: {error.strerror}") from None
        if hashed.hexdigest() != digest:
            raise Refused(f"image sha256:{digest} came with digest sha256:{hashed.hexdigest()}: sign the right one")


def _require_raw(head: bytes) -> None:
    """Formats with backing files could name files of this host; raw cannot."""
    for magic, name in _FOREIGN_MAGIC.items():
        if head.startswith(magic):
            raise Refused(
                f"the image is {name}, not a raw disk: convert it (qemu-img convert -O raw) and sign its digest"
            )


def file_chunks(file: Path, size: int = 1 << 20) -> Iterable[bytes]:
    """A file in pieces."""
    with file.open("rb") as opened:
        while chunk := opened.read(size):
            yield chunk
