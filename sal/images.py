"""The image store: raw disk images by their SHA-256, verified while they stream in, cloned by reflink."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sal.errors import Refused, os_errors
from sal.filesystem import move
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
HEAD = max(map(len, _FOREIGN_MAGIC))


@dataclass(frozen=True)
class Held:
    """An image in the store: its digest, its bytes, and when it was last of use (seconds since the epoch)."""

    digest: str
    size: int
    used: float


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
        with os_errors(f"image sha256:{digest} cannot be stored"):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Two runners may bring the same image: each has a file of its own, and either result is right.
            descriptor, temporary = tempfile.mkstemp(prefix=f".new-{target.name}-", dir=self._folder)
            try:
                _receive(descriptor, chunks, digest, limit)
                move(Path(temporary), target)
            finally:
                Path(temporary).unlink(missing_ok=True)
        return target

    def used(self, digest: str) -> None:
        """Notes that the image is of use now."""
        with os_errors(self.path(digest)):
            os.utime(self.path(digest))

    def held(self) -> tuple[Held, ...]:
        """The images that are there, by digest."""
        found = []
        for each in sorted(self._folder.glob("sha256-*")):
            with suppress(FileNotFoundError):
                about = each.stat()
                found.append(Held(each.name.removeprefix("sha256-"), about.st_size, about.st_mtime))
        return tuple(found)

    def remove(self, digest: str) -> None:
        """Removes an image; clones of it keep their blocks."""
        with os_errors(self.path(digest)):
            self.path(digest).unlink(missing_ok=True)


def removable(held: Iterable[Held], needed: frozenset[str], now: float, keep_seconds: float) -> tuple[str, ...]:
    """The digests of images that nothing needs and nothing used for `keep_seconds`. One from the future is kept."""
    return tuple(each.digest for each in held if each.digest not in needed and now - each.used > keep_seconds)


def _receive(descriptor: int, chunks: Iterable[bytes], digest: str, limit: int) -> None:
    hashed, size, head = hashlib.sha256(), 0, b""
    with os.fdopen(descriptor, "wb") as made:
        for chunk in chunks:
            if len(head) < HEAD:
                head += chunk[:HEAD]
                _require_raw(head)
            size += len(chunk)
            if size > limit:
                raise Refused(f"image sha256:{digest} is larger than {limit} bytes")
            hashed.update(chunk)
            made.write(chunk)
        made.flush()
        os.fchmod(made.fileno(), 0o444)
        os.fsync(made.fileno())
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
