"""The options that every command about boot images takes, and the making of an image from them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.boot_media import authority_of, carried, site_part
from cli.demo.tools import cache_folder
from cli.errors import CliError, Usage
from cli.output import note
from cli.progress import waiting
from cli.site import Site
from cli.wording import require
from crds.meta import ImageVersion
from efi.build import Order, build, lock_file, prepare
from efi.credentials import Credentials
from efi.flavour import flavour
from efi.lock import read_lock
from efi.options import options
from efi.signing import BootKey, sign
from efi.store import Store
from efi.unpacked import Unpacked
from sal.command import SystemRunner

SHOWN_SECONDS = 0.5

FlavourOption = Annotated[str, typer.Option(help="cloud (virtual machines) or metal (every driver, and firmware).")]
FileOption = Annotated[Path, typer.Option("--output", "-o", help="The file to write.", show_default=False)]
LockOption = Annotated[
    Path | None, typer.Option("--lock", help="Packages and digests.", show_default="what comes with this program")
]
AuthorityOption = Annotated[
    Path | None, typer.Option("--ca", help="CA of the gateway's certificate.", show_default="ca.pem of the site")
]
TokenOption = Annotated[
    Path | None,
    typer.Option(help="What `hardpan token create` printed; - is stdin.", show_default="approved by hand"),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="A label of its machines; may come again.", show_default="none"),
]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", help="How its nodes are run (JSON).", show_default="as usual")
]
WithOption = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="PART", help="An optional part: qemu (machines without KVM).", show_default="none"),
]
SignKeyOption = Annotated[Path | None, typer.Option(help="Key for Secure Boot (PEM).", show_default="not signed")]
SignCertificateOption = Annotated[Path | None, typer.Option(help="Its certificate (PEM).", show_default="none")]


VersionOption = Annotated[
    str,
    typer.Option(
        "--image-version", help="What nodes compare images by, as 0.2.0.", show_default="this program's version"
    ),
]


@dataclass(frozen=True)
class ImageOptions:
    """What every command that makes an image can be told of it."""

    ca: AuthorityOption = None
    lock: LockOption = None
    token: TokenOption = None
    label: LabelOption = None
    part: WithOption = None
    settings: SettingsOption = None
    version: VersionOption = ""
    sign_key: SignKeyOption = None
    sign_certificate: SignCertificateOption = None

    def wanted(self, flavour: str, site: Path | None) -> Wanted:
        """The image that is asked for."""
        signing = (self.sign_key, self.sign_certificate)
        parts = tuple(self.part or ())
        return Wanted(flavour, site, self.ca, self.lock, signing, parts, self.settings, version=self.version)

    def beside(self, gateway: str) -> Credentials:
        """What stands beside it. Raises Usage."""
        return carried(gateway, self.token, self.label or [])


@dataclass(frozen=True)
class Wanted:
    """An image as the options say it; without a site it obeys nobody yet."""

    flavour: str
    site: Path | None
    authority: Path | None
    lock: Path | None
    signing: tuple[Path | None, Path | None] = (None, None)
    options: tuple[str, ...] = ()
    settings: Path | None = None
    guests: tuple[Path, ...] = ()
    version: str = ""


@dataclass(frozen=True)
class Made:
    """An image, the order that it was made by, whether it is signed, and the tools that wrap it into media.

    `key` signs what else of a medium the firmware starts.
    """

    order: Order
    image: bytes
    signed: bool
    tools: Unpacked
    key: BootKey | None = None

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal."""
        return hashlib.sha256(self.image).hexdigest()


def store() -> Store:
    """Where packages are kept."""
    return Store(cache_folder() / "efi", SystemRunner())


def make(wanted: Wanted, embedded: Credentials | None = None) -> Made:
    """Builds, and signs when a key is given; each step that took long leaves a line. Raises CliError, SalError."""
    key, kind = boot_key(*wanted.signing), flavour(wanted.flavour)
    if wanted.version:
        require(ImageVersion, wanted.version, "--image-version")
    cache = store()
    lock = read_lock(wanted.lock or lock_file(kind))
    site = wanted.site and site_part(Site(wanted.site), authority_of(wanted.site, wanted.authority), wanted.settings)
    words = embedded.words() if embedded else ()
    order = Order(kind, lock, site or None, words, options(wanted.options), wanted.guests, wanted.version)
    tools = prepare(lock, cache, step)
    image = build(order, tools, cache.folder, step)
    return Made(order, sign(tools, image, key) if key else image, key is not None, tools, key)


def boot_key(key: Path | None, certificate: Path | None) -> BootKey | None:
    """The key to sign with. Raises Usage when only half of it is given, CliError when a file is missing."""
    if key is None and certificate is None:
        return None
    if key is None or certificate is None:
        raise Usage("--sign-key and --sign-certificate belong together: give both, or none")
    for file in (key, certificate):
        if not file.is_file():
            raise CliError(f"{file} is missing: make a key and its certificate with openssl, see docs/boot-image.md")
    return BootKey(key, certificate)


@contextmanager
def step(label: str) -> Iterator[None]:
    """Something that may take long."""
    began = time.monotonic()
    with waiting(label):
        yield
    took = time.monotonic() - began
    if took > SHOWN_SECONDS:
        note(f"  {label:<40} {took:6.1f} s")
