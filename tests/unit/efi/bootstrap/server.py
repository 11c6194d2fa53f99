"""A bootstrap server in memory, over tools that make empty media."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from efi.bootstrap.app import create
from efi.bootstrap.offer import Catalogue
from efi.bootstrap.pin_book import PinBook
from efi.bootstrap.shelf import Shelf
from efi.bootstrap.site import Medium, Site, image_of
from efi.credentials import Credentials
from efi.unpacked import Unpacked
from sal.command import Command, Output
from sal.testing import FakeRunner
from tests.unit.efi.programs import image

SEED = "c2VlZA=="
GATEWAY = "https://cp.example:8443"
METAL, OLD, CLOUD = image("metal", "0.2.0"), image("metal", "0.1.0"), image("cloud", "0.2.0")


def site(name: str, *images: bytes, token_on: tuple[Medium, ...] = ()) -> Site:
    """A site with a token; `token_on` says where it may be."""
    beside = Credentials(GATEWAY, f"{name}:{SEED}", {"rack": "7"})
    return Site(name, beside, tuple(image_of(each) for each in images), frozenset(token_on))


@dataclass
class Server:
    """A server, its shelf, and a client of it."""

    shelf: Shelf
    runner: FakeRunner
    client: httpx.AsyncClient
    folder: Path

    @property
    def made(self) -> int:
        """How many sticks were made."""
        return sum("sfdisk" in " ".join(each.argv) for each in self.runner.commands)

    async def get(self, path: str, **options: object) -> httpx.Response:
        """Asks for something."""
        return await self.client.get(path, **options)  # type: ignore[arg-type]

    async def ask(self, path: str) -> httpx.Response:
        """Asks for the head of something, which is made for it all the same."""
        return await self.client.head(path)


def _burn(command: Command) -> Output:
    """Stands for xorriso: a CD of four bytes."""
    Path(command.argv[command.argv.index("-o") + 1]).write_bytes(b"a CD")
    return Output(0, b"", b"")


def server(folder: Path, pins: PinBook | None = None) -> Server:
    """Sites rack-7, which gives its token with media of every kind, and lab, which gives none."""
    runner = FakeRunner().on_call("*xorriso*", _burn).on("*")
    loader = folder / "tools/usr/lib/systemd/boot/efi/systemd-bootx64.efi"
    loader.parent.mkdir(parents=True, exist_ok=True)
    loader.write_bytes(b"loader")
    shelf = Shelf(folder / "shelf", Unpacked(folder / "tools", runner))
    sites = (site("rack-7", METAL, OLD, token_on=tuple(Medium)), site("lab", CLOUD, METAL))
    for data in (METAL, OLD, CLOUD):
        shelf.put(image_of(data), data)
    transport = httpx.ASGITransport(create(Catalogue(sites), shelf, pins), client=("192.0.2.7", 1234))
    return Server(shelf, runner, httpx.AsyncClient(transport=transport, base_url="http://boot.example"), folder)
