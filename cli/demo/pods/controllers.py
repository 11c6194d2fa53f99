"""The controllers' image for the demo's pods: what `hardpan image control-plane` makes of the lock."""

from __future__ import annotations

from pathlib import Path

from cli.image_options import step, store
from efi.lock import read_lock
from oci.build import LOCK_FILE, Builder
from sal.filesystem import write_durably


def write_image(file: Path) -> None:
    """The image in a file; its layers are kept, so that it is quick the second time."""
    image = Builder(read_lock(LOCK_FILE), store(), step).build()
    write_durably(file, image.archive(), 0o644)
