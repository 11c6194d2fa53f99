"""`hardpan release create`: the operator signs for a boot image, and nodes may run it from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cli.errors import CliError, Usage
from cli.keys import KeyOption
from cli.output import note, say
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish
from cli.site import Site
from cli.wording import require, worded
from crds.meta import DnsLabel, ImageVersion
from crds.release import ReleaseSpec
from efi.errors import NotAnImage
from efi.inspect import Inspected, inspect
from sal.errors import os_errors
from trust.records import Record
from trust.release import minimum, order
from trust.snapshot import TrustView

ANY = "0"


def create(
    image: Annotated[Path, typer.Argument(metavar="FILE", help="The image, as nodes will run it.", show_default=False)],
    url: Annotated[str, typer.Option(help="Where nodes fetch it: http:// or https://.", show_default=False)],
    name: Annotated[str, typer.Option(help="The release's name.", show_default="of flavour and version")] = "",
    least: Annotated[
        str, typer.Option("--minimum", help="Nothing older is installed anywhere.", show_default="as before")
    ] = "",
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Signs for a boot image that nodes may run.

    Nodes go to it when you say so (hardpan node upgrade). They fetch it from the URL, compare it with the digest that
    is signed here, and never go back to an older version. A minimum never falls.

    \b
    Example:
      hardpan release create hardpan-0.2.0.efi --url https://images.example/hardpan-0.2.0.efi
    """
    folder, found = Site(site), _inspected(image)
    version, flavour = found.release.get("VERSION_ID", ""), found.release.get("VARIANT_ID", "")
    require(ImageVersion, version, "the image's version")
    name = name or f"{flavour}-{version.replace('.', '-')}"
    require(DnsLabel, name, "--name")
    view = folder.view()
    spec = _spec(found, url, _least(view, flavour, least))
    _require_new(view, name, spec)
    publish(folder, Change((Record("Release", name, spec.wire()),)), key, apply)
    signed = "signed for Secure Boot" if found.signed else "not signed for Secure Boot"
    say(f"release {name}: version {version}, {flavour}, {signed}, {spec.digest}, nothing below {spec.minimum}")
    note(f"Next: hardpan node upgrade NODE --image {version}")


def _inspected(image: Path) -> Inspected:
    try:
        with os_errors(image):
            return inspect(image.read_bytes())
    except NotAnImage as error:
        raise Usage(f"{image}: {error}") from None


def _least(view: TrustView, flavour: str, wanted: str) -> str:
    """The minimum, which never falls. Raises Usage."""
    held = minimum(view, flavour)
    if not wanted:
        return held or ANY
    require(ImageVersion, wanted, "--minimum")
    if order(wanted) < order(held):
        raise Usage(f"--minimum is {wanted}, and {held} is the oldest {flavour} image that counts: it never falls")
    return wanted


def _spec(found: Inspected, url: str, least: str) -> ReleaseSpec:
    release = found.release
    if order(release["VERSION_ID"]) < order(least):
        raise Usage(f"the image is version {release['VERSION_ID']}, below the minimum {least}: build a newer one")
    fields = {
        "version": release["VERSION_ID"],
        "flavour": release.get("VARIANT_ID", ""),
        "digest": f"sha256:{found.digest}",
        "size": found.bytes,
        "url": url,
        "minimum": least,
        "pcr11": found.pcr_11,
    }
    try:
        return ReleaseSpec.model_validate(fields)
    except ValidationError as error:
        raise Usage(worded(error, "release")) from None


def _require_new(view: TrustView, name: str, spec: ReleaseSpec) -> None:
    """A version that nodes run is never another image: they would not go to it. Raises CliError."""
    for other, each in view.releases.items():
        same = (each.version, each.flavour) == (spec.version, spec.flavour)
        if (same or other == name) and each.digest != spec.digest:
            raise CliError(
                f"release {other} is version {each.version} with other bytes: build with a higher --image-version"
            )
