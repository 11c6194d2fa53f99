"""What systemd-boot finds on a boot partition: the images that are there, and a small file for each that it may start.

The form of the small files is the Boot Loader Specification's. Images lie outside the folder that systemd-boot searches
by itself, so one without an entry is never chosen. Of several entries the newest version starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

LOADER = "EFI/BOOT/BOOTX64.EFI"
SETTINGS = "loader/loader.conf"
SETTINGS_TEXT = b"timeout 0\neditor no\nauto-entries no\nauto-firmware no\n"
ENTRIES, IMAGES, CREDENTIALS = "loader/entries", "EFI/images", "loader/credentials"
_ENTRY, _IMAGE = ".conf", ".efi"
_KEY = "hardpan"


def image_file(version: str) -> str:
    """Where the image of a version is."""
    return f"{IMAGES}/{version}{_IMAGE}"


def entry_file(version: str) -> str:
    """Where its entry is."""
    return f"{ENTRIES}/{version}{_ENTRY}"


def entry_text(version: str) -> bytes:
    """Its entry. Pure."""
    return f"title Hardpan {version}\nsort-key {_KEY}\nversion {version}\nefi /{image_file(version)}\n".encode()


def versions_of_entries(names: Iterable[str]) -> frozenset[str]:
    """The versions in a list of the entries' folder. Pure."""
    return _stems(names, _ENTRY)


def versions_of_images(names: Iterable[str]) -> frozenset[str]:
    """The versions in a list of the images' folder. Pure."""
    return _stems(names, _IMAGE)


def _stems(names: Iterable[str], suffix: str) -> frozenset[str]:
    return frozenset(PurePosixPath(name).name.removesuffix(suffix) for name in names if name.endswith(suffix))
