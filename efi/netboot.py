"""A folder that an HTTP server hands to machines which start from the network by iPXE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sal.errors import os_errors
from sal.filesystem import write_durably

IMAGE, SCRIPT = "hardpan.efi", "boot.ipxe"


def script(line: str, words: Sequence[str], image: str = IMAGE) -> str:
    """The iPXE script. What stands behind the image replaces its kernel line, so all of that is repeated.

    Under Secure Boot the image's own line counts, and these words are ignored.
    """
    return f"#!ipxe\ndhcp\nchain {image} {' '.join((line, *words))}\n"


def write_netboot(folder: Path, image: bytes, line: str, words: Sequence[str]) -> None:
    """Writes image and script."""
    with os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / IMAGE, image, 0o644)
    write_durably(folder / SCRIPT, script(line, words).encode(), 0o644)
