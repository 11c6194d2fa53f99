"""From a lock to an image: fetch, unpack, pick, compress, join."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from efi.contents import names
from efi.flavour import Flavour
from efi.initramfs import Maker, Progress, joined
from efi.kernel import Kernel
from efi.lock import Lock, format_lock
from efi.options import Option
from efi.own import own_version
from efi.release import Release
from efi.sbom import Subject
from efi.site_part import SitePart, pack
from efi.store import Store
from efi.uki import Parts, join
from efi.unpacked import Unpacked, ensure_unpacked

# The last console is where the first program writes; both are redrawn by the agent.
LINE = "console=tty0 console=ttyS0,115200 panic=10 loglevel=4"


@dataclass(frozen=True)
class Order:
    """What an image is made of: flavour, lock, whose it is, words for the kernel line, optional parts.

    `guests` are disk images that its nodes need not fetch, each named by its digest as in an image store. `version` is
    what nodes compare images by; empty: this program's.
    """

    flavour: Flavour
    lock: Lock
    site: SitePart | None = None
    words: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    guests: tuple[Path, ...] = ()
    version: str = ""


def lock_file(flavour: Flavour) -> Path:
    """The lock that comes with this program."""
    return Path(__file__).parent / "locks" / f"{flavour.name}.lock"


def prepare(lock: Lock, store: Store, progress: Progress) -> Unpacked:
    """The packages of a lock, fetched and unpacked. Raises ImageError, CommandError."""
    with progress("packages fetched"):
        store.ensure(lock)
    with progress("packages unpacked"):
        return ensure_unpacked(store, lock)


def release_of(order: Order) -> Release:
    """Who the image says that it is."""
    return Release(order.version or own_version(), order.flavour.name, order.lock.digest, order.lock.epoch)


def archives(order: Order, unpacked: Unpacked, cache: Path, progress: Progress) -> tuple[bytes, ...]:
    """Platform, optional parts, agent, guests and site, as they lie in the initramfs; the last is not compressed."""
    maker = Maker(unpacked, order.flavour, order.lock, cache, progress)
    options = (maker.option(each) for each in order.options)
    guests = (maker.guests(order.guests),) if order.guests else ()
    return maker.platform(), *options, maker.agent(release_of(order)), *guests, pack(order.site)


def subject_of(order: Order, digest: str) -> Subject:
    """What the bill of materials says of the image with this digest."""
    release = release_of(order)
    return Subject("operating-system", f"hardpan-{release.flavour}", release.version, digest, names("tools"))


def build(order: Order, unpacked: Unpacked, cache: Path, progress: Progress) -> bytes:
    """The image. Raises ImageError, CommandError."""
    kernel = Kernel(unpacked)
    parts = Parts(
        release=release_of(order).text().encode(),
        version=kernel.version.encode(),
        line=" ".join((LINE, *order.words)).encode(),
        contents=format_lock(order.lock).encode(),
        initramfs=joined(archives(order, unpacked, cache, progress)),
        kernel=kernel.image.read_bytes(),
    )
    return join(unpacked, parts)
