"""The lists of what goes into an image, one name a line, for people to read and change."""

from __future__ import annotations

from pathlib import Path


def names(name: str) -> tuple[str, ...]:
    """A list of this folder without its comments."""
    return listed(Path(__file__).with_name(name))


def listed(file: Path) -> tuple[str, ...]:
    """A list of names without its comments."""
    lines = file.read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
