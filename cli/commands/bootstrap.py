"""`hardpan bootstrap serve`: hands out boot media of sites by HTTP or HTTPS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.bootstrap_fleet import ClusterFleet
from cli.bootstrap_sites import read_sites
from cli.cluster import connect
from cli.demo.tools import cache_folder
from cli.errors import Usage
from cli.image_options import LockOption, step, store
from cli.output import note, say
from controllers.loop import logs
from efi.bootstrap.app import create
from efi.bootstrap.offer import Catalogue, offers
from efi.bootstrap.pin_book import PinBook
from efi.bootstrap.place import own_folder
from efi.bootstrap.serving import Address, serve
from efi.bootstrap.shelf import Shelf
from efi.bootstrap.site import Site
from efi.build import lock_file, prepare
from efi.flavour import flavour
from efi.lock import read_lock

TOOLS = "cloud"


def bootstrap_serve(
    sites: Annotated[Path, typer.Option(help="Folder with one YAML file for each site.")] = Path("bootstrap"),
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where it listens.")] = "127.0.0.1:8080",
    certificate: Annotated[
        Path | None, typer.Option(help="For HTTPS: its certificate (PEM).", show_default="HTTP")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="For HTTPS: the key of it (PEM).", show_default="none")] = None,
    pins: Annotated[
        Path | None,
        typer.Option(help="File to keep each node's image in; nodes of KUBECONFIG's cluster.", show_default="none"),
    ] = None,
    log: Annotated[
        Literal["text", "json"], typer.Option(envvar="HARDPAN_LOG", help="How each request is logged: text or json.")
    ] = "text",
    lock: LockOption = None,
) -> None:
    """Hands out boot media of sites: a page to download them, iPXE scripts, and files for UEFI HTTP boot.

    It needs no key, and nobody needs to trust it: whom machines obey is inside the images, which `hardpan image build`
    made elsewhere. Whoever reaches it can take what it offers, so a site's join token is offered only on the media that
    the site's file names.

    With --pins a node that starts by iPXE gets the image that it ran, until `hardpan node upgrade` asks it for another.
    The server reads Nodes and Releases for that, and nothing else.

    \b
    Example:
      hardpan bootstrap serve --sites bootstrap --listen 0.0.0.0:8080
    """
    address = _address(listen, certificate, key)
    book = PinBook(pins, ClusterFleet(connect(progress=False))) if pins else None
    tools = prepare(read_lock(lock or lock_file(flavour(TOOLS))), store(), step)
    with own_folder(cache_folder() / "bootstrap") as folder:
        shelf = Shelf(folder, tools)
        found = _read(sites, shelf)
        note(f"Next: open {'https' if certificate else 'http'}://{listen}/ in a browser; it serves until it is stopped")
        logs.setup(log)
        serve(create(Catalogue(found), shelf, book), address)


def _read(folder: Path, shelf: Shelf) -> tuple[Site, ...]:
    """The sites, told one a line; their images are on the shelf, and what no site has is off it."""
    with step("images of the sites read"):
        found = read_sites(folder, shelf.put)
    shelf.keep_only(offer for site in found for image in site.images for offer in offers(site, image))
    for site in found:
        images = ", ".join(f"{each.flavour} {each.version}" for each in site.images)
        say(f"{site.name}  {images}  control plane {site.beside.gateway}  {_told(site.token_on)}")
    return found


def _told(token_on: frozenset[str]) -> str:
    on = ", ".join(sorted(token_on))
    return f"join token for everybody who reaches this server, on {on}" if on else "no join token beside its images"


def _address(listen: str, certificate: Path | None, key: Path | None) -> Address:
    """Where to listen. Raises Usage."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Usage(f"--listen is {listen!r}: write it like 0.0.0.0:8080 or [::]:8080")
    if (certificate is None) != (key is None):
        raise Usage("--certificate and --key belong together: give both, or none")
    for option, file in (("--certificate", certificate), ("--key", key)):
        if file is not None and not file.is_file():
            raise Usage(f"{option} {file} is missing")
    return Address(host.strip("[]"), int(port), certificate, key)
