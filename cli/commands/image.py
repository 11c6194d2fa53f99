"""`hardpan image build|lock|inspect`: the boot image of a site, and what it is made of."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.image_options import FileOption, FlavourOption, ImageOptions, make, step, store
from cli.output import Form, Output, note, say, show
from cli.shared_options import sharing
from efi.build import lock_file, subject_of
from efi.flavour import flavour as flavour_of
from efi.inspect import Inspected, inspect
from efi.lock import PACKAGE, WHEEL, format_lock
from efi.locking import make_lock
from efi.sbom import bill
from oci.build import FLAVOUR as CONTROL_PLANE
from oci.build import LOCK_FILE
from oci.build import make_lock as make_control_plane_lock
from sal.errors import os_errors
from sal.filesystem import write_durably

MIB = 1 << 20
CRATES = Path("rhai-py/crates.lock")


@sharing
def image_build(
    output: FileOption,
    options: ImageOptions,
    flavour: FlavourOption = "cloud",
    site: Annotated[
        Path | None, typer.Option(help="The operator's folder, whom its nodes obey.", show_default="nobody")
    ] = None,
    gateway: Annotated[str, typer.Option(help="Control plane, in the kernel line.", show_default="none")] = "",
) -> None:
    """Builds the boot image of a site: one EFI file.

    The same lock, site and version give the same bytes on every machine. A bill of materials is written beside it.
    Gateway, token and labels usually stand beside the image on a medium; given here, they are part of it, and whoever
    has the file can read the token.

    \b
    Example:
      hardpan image build --site hardpan-site --output hardpan.efi
    """
    embedded = options.beside(gateway)
    made = make(options.wanted(flavour, site), embedded)
    with os_errors(output):
        write_durably(output, made.image, 0o600 if embedded.token else 0o644)
        beside = output.with_name(f"{output.name}.cdx.json")
        write_durably(beside, bill(made.order.lock, subject_of(made.order, made.digest)).encode(), 0o644)
    signed = "signed" if made.signed else "not signed"
    say(f"{output}  {len(made.image) / MIB:.1f} MiB  {flavour}, {signed}  sha256:{made.digest}")
    note(f"Next: hardpan image inspect {output}")


def image_lock(
    flavour: Annotated[str, typer.Option(help=f"cloud, metal, or {CONTROL_PLANE} (the controllers' image).")] = "cloud",
    requirements: Annotated[Path, typer.Option(help="Versions and digests of Python distributions.")] = Path(
        "requirements.lock"
    ),
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write.", show_default="what comes with this program"),
    ] = None,
) -> None:
    """Pins an image's packages anew: what is served now.

    Look at the difference before you commit it.

    \b
    Example:
      hardpan image lock --flavour cloud
    """
    text, crates = _source(requirements), _source(CRATES) if flavour == CONTROL_PLANE else ""
    with step("packages and wheels looked up"):
        if flavour == CONTROL_PLANE:
            made, file = make_control_plane_lock(store(), text, crates, datetime.now(UTC)), output or LOCK_FILE
        else:
            kind = flavour_of(flavour)
            made, file = make_lock(store(), kind, text, datetime.now(UTC)), output or lock_file(kind)
    head = f"The image of flavour {flavour}: `hardpan image lock --flavour {flavour}` makes this file."
    write_durably(file, format_lock(made, head).encode(), 0o644)
    say(f"{file} names {len(made.items)} packages, wheels and crates")


def _source(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise CliError(f"{file}: {error.strerror}: run this in the source tree") from None


def image_inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An image.", show_default=False)],
    output: Output = Form.TEXT,
) -> None:
    """Tells what an image is and how a TPM measures it.

    \b
    Example:
      hardpan image inspect hardpan.efi
    """
    with os_errors(file):
        found = inspect(file.read_bytes())
    show(output, asdict(found), _told(found))


def _told(found: Inspected) -> str:
    sizes = "  ".join(f"{name} {size / MIB:.1f}" for name, size in found.sizes.items() if size >= MIB // 20)
    rows = {
        "version": f"{found.release.get('PRETTY_NAME', 'unknown')}, kernel {found.kernel}",
        "built": _time(found.release.get("HARDPAN_BUILT", "")),
        "kernel line": found.line,
        "contents": _contents(found),
        "size": f"{found.bytes / MIB:.1f} MiB: {sizes}",
        "signed": "yes" if found.signed else "no",
        "sha256": found.digest,
        "PCR 11": found.pcr_11,
    }
    return "\n".join(f"{name:<12} {value}" for name, value in rows.items())


def _contents(found: Inspected) -> str:
    kinds = Counter(each.kind for each in found.contents)
    return f"{kinds[PACKAGE]} Debian packages and {kinds[WHEEL]} wheels; --output json names them"


def _time(seconds: str) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}" if seconds.isdecimal() else "unknown"
