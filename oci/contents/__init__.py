"""The lists of what goes into the image, one name a line, for people to read and change."""

from __future__ import annotations

from pathlib import Path

from efi.contents import listed


def names(name: str) -> tuple[str, ...]:
    """A list of this folder without its comments."""
    return listed(Path(__file__).with_name(name))
