"""What a system test needs of the machine: on a laptop a missing thing skips the test, in CI it fails it."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

PROGRAMS: dict[str, tuple[str, ...]] = {
    "root": (),
    "btrfs": ("mkfs.btrfs", "losetup", "mount"),
    "qemu": ("qemu-system-x86_64",),
    "redis": ("redis-server",),
    "nft": ("nft",),
    "netns": ("ip",),
    "ext4": ("mkfs.ext4",),
    "seed": ("mkfs.vfat", "mcopy"),
    "ssh-keygen": ("ssh-keygen",),
    "swtpm": ("swtpm",),
    "openssl": ("openssl",),
    "prometheus": ("prometheus", "promtool"),
    "image": ("apt-get", "dpkg-deb", "cpio", "zstd"),
}
PRIVILEGED = frozenset({"root", "btrfs", "nft", "netns"})


def need(*things: str) -> None:
    """Skips the test, or fails it in CI, unless all of these, names of `PROGRAMS`, are here."""
    for thing in things:
        missing = [program for program in PROGRAMS[thing] if shutil.which(program) is None]
        if thing in PRIVILEGED and os.geteuid() != 0:
            missing.append("root")
        if missing:
            miss(f"{thing} needs {', '.join(missing)}: run `make setup` as root")


def miss(reason: str) -> NoReturn:
    """Skips the test, or fails it in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
