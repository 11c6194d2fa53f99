"""`hardpan image control-plane`: the image that a Kubernetes runs the controllers from."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.image_options import FileOption, LockOption, step, store
from cli.output import note, say
from efi.lock import read_lock
from efi.sbom import bill
from oci.build import LOCK_FILE, REPOSITORY, Builder, subject_of
from sal.filesystem import write_durably

MIB = 1 << 20


def image_control_plane(
    output: FileOption,
    repository: Annotated[str, typer.Option(help="What it is called, without its tag.")] = REPOSITORY,
    lock: LockOption = None,
) -> None:
    """Writes the controllers' image, for a Kubernetes: OCI, in one file.

    The same lock and version give the same bytes on every machine. A bill of materials is written beside it.

    \b
    Example:
      hardpan image control-plane --output hardpan-0.1.0.tar
    """
    pinned = read_lock(lock or LOCK_FILE)
    image = Builder(pinned, store(), step).build(repository)
    data = image.archive()
    write_durably(output, data, 0o644)
    write_durably(output.with_name(f"{output.name}.cdx.json"), bill(pinned, subject_of(image)).encode(), 0o644)
    say(f"{output}  {len(data) / MIB:.1f} MiB  {image.name}@sha256:{image.digest}")
    note(f"Next: ctr -n k8s.io images import {output}, or: k3s ctr images import {output}")
