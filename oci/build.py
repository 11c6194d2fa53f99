"""From a lock to the image: fetch, unpack, pick, compress, join. What the lock alone decides is made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from efi.build import prepare
from efi.initramfs import Progress
from efi.kept import kept, package_digest
from efi.lock import Lock
from efi.locking import pinned
from efi.own import own_version
from efi.release import Release
from efi.sbom import Subject
from efi.store import Store
from efi.tree import Tree
from efi.unpacked import Unpacked
from oci.contents import names
from oci.crates import parse_crates
from oci.filesystem import CONTROLLERS, own, platform
from oci.image import Image, Name
from oci.layer import Layer, archive, compressed

HERE = Path(__file__).parent
LOCK_FILE = HERE / "control-plane.lock"
FLAVOUR = "control-plane"
REPOSITORY = "hardpan.example/hardpan"


def make_lock(store: Store, requirements: str, crates: str, now: datetime) -> Lock:
    """What is served now of all that the image is made of; the texts are those of requirements.lock and crates.lock."""
    packages = (*names("packages"), *names("tools"))
    made = pinned(store, store.fresh(), packages, names("wheels"), requirements, now)
    return Lock(made.built, tuple(sorted((*made.items, *parse_crates(crates)))))


def subject_of(image: Image) -> Subject:
    """What the bill of materials says of an image: its digest is that of the manifest, as registries have it."""
    return Subject("container", str(image.name), image.name.tag, image.digest, names("tools"))


@dataclass(frozen=True)
class Builder:
    """Builds the image of a lock; `store` has the packages, and keeps what was made of them."""

    lock: Lock
    store: Store
    progress: Progress

    def build(self, repository: str = REPOSITORY) -> Image:
        """The image. Raises ImageError, CommandError."""
        unpacked = prepare(self.lock, self.store, self.progress)
        release = Release(own_version(), FLAVOUR, self.lock.digest, self.lock.epoch)
        lower = self._layer("platform", "", unpacked, lambda: platform(unpacked))
        upper = self._layer("controllers", CONTROLLERS.digest(), unpacked, lambda: own(unpacked, release))
        return Image((lower, upper), self.lock.built, Name(repository, own_version()))

    def _layer(self, name: str, made_of: str, unpacked: Unpacked, make: Callable[[], Tree]) -> Layer:
        def packed() -> bytes:
            with self.progress(f"layer of the {name}"):
                return compressed(unpacked, archive(make().entries(), self.lock.epoch))

        tools = f"{package_digest(HERE)} {package_digest(HERE.parent / 'efi')}"
        return Layer(kept(self.store.folder / f"oci-{name}", f"{self.lock.digest} {tools} {made_of}", packed), name)
