"""A site whose nodes are emulated machines, and the boot medium that belongs to it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from cli.demo.tools import cache_folder
from efi.build import Order, build, lock_file, prepare
from efi.esp import Content
from efi.flavour import flavour
from efi.lock import read_lock
from efi.signing import BootKey
from efi.site_part import SitePart
from efi.store import Store
from efi.unpacked import Unpacked
from efi.usb import write_usb
from sal.command import SystemRunner
from tests.system.ledger_site import LedgerSite
from tests.system.node_site import SEEN_BY_GUESTS
from tests.unit.node_agent.cluster import seed
from trust.dsse import encode


class GuestSite(LedgerSite):
    """A site with a real ledger, which its machines reach over QEMU's user network."""

    host = SEEN_BY_GUESTS
    token_count = 99

    @property
    def token(self) -> str:
        """The join token as it stands beside an image."""
        return f"rack:{encode(seed('token'))}"

    @property
    def credentials(self) -> dict[str, str]:
        """What stands beside the site's image."""
        return {"hardpan.gateway": self.url, "hardpan.token": self.token}

    def part(self) -> SitePart:
        """The signed part of its images."""
        roots = (json.loads(self.cluster.root.to_json()),)
        return SitePart(roots, self.cluster.id, 0, self.authority.certificate.encode())


@dataclass(frozen=True)
class Media:
    """Makes the media of one image; `key` signs the loader on a stick, for firmware that checks it."""

    image: bytes
    tools: Unpacked
    folder: Path
    key: BootKey | None = None

    def stick(self, name: str, credentials: dict[str, str]) -> Path:
        """A stick with the image and these credentials beside it."""
        file = self.folder / f"{name}.img"
        beside = {key: value.encode() for key, value in credentials.items()}
        write_usb(self.tools, file, Content(self.image, beside, self.key))
        return file


def media(
    part: SitePart | None, folder: Path, kind: str = "cloud", words: tuple[str, ...] = (), version: str = ""
) -> Media:
    """The newest image of this tree with this signed part; `words` are for its kernel line."""
    order = Order(flavour(kind), read_lock(lock_file(flavour(kind))), part, words, version=version)
    cache = Store(cache_folder() / "efi", SystemRunner())
    tools = prepare(order.lock, cache, lambda _: nullcontext())
    image = build(order, tools, cache.folder, lambda _: nullcontext())
    return Media(image, tools, folder)
