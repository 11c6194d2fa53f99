"""`hardpan image usb|iso|ipxe`: media that carry a site's image, with gateway, token and labels beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.image_options import FileOption, FlavourOption, ImageOptions, Made, Wanted, make, step
from cli.output import note, say
from cli.publishing import HERE, SiteOption
from cli.shared_options import sharing
from efi.build import LINE
from efi.credentials import Credentials
from efi.esp import MIB, Content
from efi.iso import write_iso
from efi.netboot import SCRIPT, write_netboot
from efi.unpacked import Unpacked
from efi.usb import write_usb
from sal.errors import os_errors

GatewayOption = Annotated[
    str, typer.Option(help="Where nodes find the control plane: https://HOST:PORT.", show_default=False)
]
PUBLIC, SECRET = 0o644, 0o600
Write = Callable[[Unpacked, Path, Content], None]


@sharing
def image_usb(
    output: FileOption,
    gateway: GatewayOption,
    options: ImageOptions,
    flavour: FlavourOption = "metal",
    site: SiteOption = HERE,
) -> None:
    """Writes a stick that makes machines nodes of a site.

    Write the file to a stick with dd, or hand it to a virtual machine as its disk. With a token on it, whoever has the
    stick can enrol machines. There is room on it for a second image: a node that may write to its stick goes to another
    release by itself, see hardpan node upgrade.

    \b
    Example:
      hardpan image usb --gateway https://cp.example:8443 --token rack-7.token --output rack-7.img
    """
    _write(write_usb, options.wanted(flavour, site), options.beside(gateway), output)


@sharing
def image_iso(
    output: FileOption,
    gateway: GatewayOption,
    options: ImageOptions,
    flavour: FlavourOption = "metal",
    site: SiteOption = HERE,
) -> None:
    """Writes a CD that makes machines nodes of a site; it boots from a stick too.

    \b
    Example:
      hardpan image iso --gateway https://cp.example:8443 --token rack-7.token --output rack-7.iso
    """
    _write(write_iso, options.wanted(flavour, site), options.beside(gateway), output)


@sharing
def image_ipxe(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.", show_default=False)],
    gateway: GatewayOption,
    options: ImageOptions,
    flavour: FlavourOption = "metal",
    site: SiteOption = HERE,
) -> None:
    """Writes a folder from which machines start over the network, by iPXE.

    Let an HTTP server hand it out, and send iPXE to boot.ipxe in it. Whoever can fetch the script can read the token.

    \b
    Example:
      hardpan image ipxe --gateway https://cp.example:8443 --token rack-7.token --output /srv/http
    """
    beside = options.beside(gateway)
    made = make(options.wanted(flavour, site))
    write_netboot(output, made.image, LINE, beside.words())
    _tell(made, beside, f"{output}  image and script")
    note(f"Next: chain http://YOUR-SERVER/.../{SCRIPT} from iPXE")


def _write(write: Write, wanted: Wanted, beside: Credentials, output: Path) -> None:
    made = make(wanted)
    with step(f"{output.name} written"):
        place(write, made, beside, output)
    _tell(made, beside, f"{output}  {output.stat().st_size / MIB:.0f} MiB")
    note("Next: boot machines with it, then: kubectl get nodes.hardpan.dev")


def place(write: Write, made: Made, beside: Credentials, output: Path) -> None:
    """Writes a medium, whole; nobody else may read one with a token on it."""
    content = Content(made.image, beside.files(), made.key)
    with os_errors(output.parent), tempfile.TemporaryDirectory(prefix=".new-", dir=output.parent) as folder:
        file = Path(folder) / output.name
        write(made.tools, file, content)
        file.chmod(SECRET if beside.token else PUBLIC)
        file.rename(output)


def _tell(made: Made, beside: Credentials, what: str) -> None:
    signed = "signed for Secure Boot" if made.signed else "not signed"
    token = beside.token.partition(":")[0]
    admits = f"token {token}" if token else "no token: approve its machines by hand"
    name = made.order.flavour.name
    say(f"{what}  {name}, control plane {beside.gateway}, CA pinned, {signed}, {admits}")
