"""`hardpan image usb|iso`: media that carry a site's image, with gateway, token and labels beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.boot_media import Credentials, carried
from cli.image_options import (
    AuthorityOption,
    FileOption,
    FlavourOption,
    LabelOption,
    LockOption,
    SignCertificateOption,
    SignKeyOption,
    TokenOption,
    Wanted,
    make,
    step,
)
from cli.output import note, say
from cli.publishing import HERE, SiteOption
from efi.esp import MIB, Content
from efi.iso import write_iso
from efi.unpacked import Unpacked
from efi.usb import write_usb
from sal.errors import os_errors

GatewayOption = Annotated[
    str, typer.Option(help="Where nodes find the control plane: https://HOST:PORT.", show_default=False)
]
Write = Callable[[Unpacked, Path, Content], None]


def image_usb(
    output: FileOption,
    gateway: GatewayOption,
    flavour: FlavourOption = "metal",
    site: SiteOption = HERE,
    ca: AuthorityOption = None,
    lock: LockOption = None,
    token: TokenOption = None,
    label: LabelOption = None,
    sign_key: SignKeyOption = None,
    sign_certificate: SignCertificateOption = None,
) -> None:
    """Writes a stick that makes machines nodes of a site.

    Write the file to a stick with dd, or hand it to a virtual machine as its disk. With a token on it, whoever has the
    stick can enrol machines.

    \b
    Example:
      hardpan image usb --gateway https://cp.example:8443 --token rack-7.token --output rack-7.img
    """
    wanted = Wanted(flavour, site, ca, lock, (sign_key, sign_certificate))
    _write(write_usb, wanted, carried(gateway, token, label or []), output)


def image_iso(
    output: FileOption,
    gateway: GatewayOption,
    flavour: FlavourOption = "metal",
    site: SiteOption = HERE,
    ca: AuthorityOption = None,
    lock: LockOption = None,
    token: TokenOption = None,
    label: LabelOption = None,
    sign_key: SignKeyOption = None,
    sign_certificate: SignCertificateOption = None,
) -> None:
    """Writes a CD that makes machines nodes of a site; it boots from a stick too.

    \b
    Example:
      hardpan image iso --gateway https://cp.example:8443 --token rack-7.token --output rack-7.iso
    """
    wanted = Wanted(flavour, site, ca, lock, (sign_key, sign_certificate))
    _write(write_iso, wanted, carried(gateway, token, label or []), output)


def _write(write: Write, wanted: Wanted, beside: Credentials, output: Path) -> None:
    made = make(wanted)
    content = Content(made.image, {name: value.encode() for name, value in beside.by_name().items()})
    with step(f"{output.name} written"), os_errors(output):
        write(made.tools, output, content)
    signed = "signed for Secure Boot" if wanted.signing[0] else "not signed"
    token = beside.token.partition(":")[0]
    admits = f"token {token}" if token else "no token: approve its machines by hand"
    size = output.stat().st_size / MIB
    say(f"{output}  {size:.0f} MiB  {wanted.flavour}, control plane {beside.gateway}, CA pinned, {signed}, {admits}")
    note("Next: boot machines with it, then: kubectl get nodes.hardpan.dev")
