"""Debian packages: what apt says, in its own words, and what a missing version means."""

from __future__ import annotations

from pathlib import Path

import pytest

from efi import apt
from efi.errors import ContentsWrong, LockOutdated
from efi.lock import PACKAGE, Item
from sal.errors import CommandFailed
from sal.testing import FakeRunner

SHOWN = b"""\
Package: wireguard-tools
Source: wireguard (1.0.20210914-1)
Version: 1.0.20210914-1+b1
Depends: libc6 (>= 2.34)
Description: fast, modern, secure kernel VPN tunnel (userland utilities)
 WireGuard is a novel VPN that runs inside the Linux Kernel.
Description-md5: a758c2cb66a089ccfb3c6f0639ffeb3c
Size: 87584
SHA256: 56d2d255d7a8b7cab200de84f510f61a9a6e83dde75e747fc6eeab03c0e1dd47

Package: linux-image-cloud-amd64
Version: 6.1.176-1
Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.176-1)
SHA256: 66d2d255d7a8b7cab200de84f510f61a9a6e83dde75e747fc6eeab03c0e1dd47

"""
WIREGUARD = Item(PACKAGE, "wireguard-tools", "1.0.20210914-1+b1", SHOWN.split(b"SHA256: ")[1][:64].decode())
DOWNLOAD = "env --chdir /folder apt-get * download wireguard-tools=1.0.20210914-1+b1"


def test_the_newest_served_version_comes_with_its_digest() -> None:
    runner = FakeRunner().on("apt-cache show --no-all-versions wireguard-tools", SHOWN)
    assert apt.served(runner, ["wireguard-tools"]) == (WIREGUARD,)


def test_a_name_that_apt_does_not_know_is_said() -> None:
    runner = FakeRunner().on("apt-cache show *", SHOWN)
    with pytest.raises(ContentsWrong, match=r"no package nosuch: run `apt-get update`"):
        apt.served(runner, ["wireguard-tools", "nosuch"])


def test_a_package_without_content_stands_for_another() -> None:
    runner = FakeRunner().on("apt-cache show *", SHOWN.partition(b"\n\n")[2])
    assert apt.first_dependency(runner, "linux-image-cloud-amd64") == "linux-image-6.1.0-56-cloud-amd64"


def test_what_is_served_no_longer_is_named_with_the_remedy() -> None:
    said = b"E: Unable to locate package nosuch\nE: Version '1.0.20210914-1+b1' for 'wireguard-tools' was not found\n"
    runner = FakeRunner().on(DOWNLOAD, code=100, stderr=said)
    with pytest.raises(LockOutdated) as raised:
        apt.download(runner, [WIREGUARD], Path("/folder"))
    message = str(raised.value)
    assert "served no longer: nosuch, wireguard-tools 1.0.20210914-1+b1" in message
    assert "hardpan image lock" in message


def test_a_network_that_is_away_is_no_reason_for_another_lock() -> None:
    said = b"E: Failed to fetch pool/main/w/wireguard: Could not connect\n"
    runner = FakeRunner().on(DOWNLOAD, code=100, stderr=said)
    with pytest.raises(CommandFailed, match=r"Could not connect\n.*apt-get update"):
        apt.download(runner, [WIREGUARD], Path("/folder"))
