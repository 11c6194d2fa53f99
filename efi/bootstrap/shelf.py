"""The media that were asked for, each made once and kept, so that strangers can ask as often as they like."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from efi.bootstrap.offer import Offer
from efi.bootstrap.site import Image, Medium
from efi.esp import Content
from efi.iso import write_iso
from efi.netboot import script
from efi.unpacked import Unpacked
from efi.usb import write_usb
from sal.errors import os_errors
from sal.filesystem import move, write_durably

FORM = "1"
"""Changes when what is made of the same offer becomes another."""


@dataclass(frozen=True)
class Kept:
    """A file, its size in bytes and its SHA-256 in hexadecimal."""

    file: Path
    size: int
    digest: str


def kept(file: Path) -> Kept:
    """A file as it is."""
    with os_errors(file), file.open("rb") as opened:
        return Kept(file, file.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())


class Shelf:
    """A folder that nobody else reads, for join tokens are in it. One medium is made at a time."""

    def __init__(self, folder: Path, tools: Unpacked) -> None:
        self._folder, self._tools = folder, tools
        self._making: dict[str, asyncio.Task[Kept]] = {}
        self._one_at_a_time = asyncio.Semaphore()
        with os_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)

    def put(self, image: Image, data: bytes) -> None:
        """Keeps an image: a change of the file that it came from changes nothing here."""
        if not self._image(image).exists():
            write_durably(self._image(image), data)

    def keep_only(self, wanted: Iterable[Offer]) -> None:
        """Removes what was made for offers of another day."""
        found = tuple(wanted)
        names = {self._file(each).name for each in found} | {self._image(each.image).name for each in found}
        with os_errors(self._folder):
            for file in self._folder.iterdir():
                if file.is_file() and file.name not in names:
                    file.unlink()

    async def get(self, offer: Offer) -> Kept:
        """The file of an offer, made when it is not there. Raises ImageError, SalError."""
        name = self._file(offer).name
        task = self._making.get(name)
        if task is None or _is_lost(task):
            task = self._making[name] = asyncio.create_task(self._ensure(offer))
        # Who goes away does not stop what others wait for.
        return await asyncio.shield(task)

    async def _ensure(self, offer: Offer) -> Kept:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._make, offer)

    def _make(self, offer: Offer) -> Kept:
        file = self._file(offer)
        if not file.exists():
            with os_errors(self._folder), tempfile.TemporaryDirectory(prefix=".new-", dir=self._folder) as aside:
                made = Path(aside) / "medium"
                content = Content(self._image(offer.image).read_bytes(), offer.beside.files())
                MAKERS[offer.medium](self._tools, made, offer, content)
                made.chmod(0o600)
                move(made, file)
        return kept(file)

    def _image(self, image: Image) -> Path:
        return self._folder / f"{image.digest}.efi"

    def _file(self, offer: Offer) -> Path:
        if offer.medium is Medium.HTTP:
            return self._image(offer.image)
        return self._folder / f"{offer.key(f'{FORM} {self._tools.folder.name}')}{offer.kind.suffix}"


def _is_lost(task: asyncio.Task[Kept]) -> bool:
    """Whether what was made is to be made again: it failed, or somebody took the file away."""
    return task.done() and (task.cancelled() or task.exception() is not None or not task.result().file.exists())


def _usb(tools: Unpacked, file: Path, _: Offer, content: Content) -> None:
    write_usb(tools, file, content)


def _iso(tools: Unpacked, file: Path, _: Offer, content: Content) -> None:
    write_iso(tools, file, content)


def _ipxe(_: Unpacked, file: Path, offer: Offer, __: Content) -> None:
    file.write_text(script(offer.image.line, offer.beside.words()))


MAKERS: Mapping[Medium, Callable[[Unpacked, Path, Offer, Content], None]] = {
    Medium.USB: _usb,
    Medium.ISO: _iso,
    Medium.IPXE: _ipxe,
}
