"""Firmware that checks signatures starts the operator's image, and no other.

The firmware's keys are those that Debian ships for tests: it is the operator's key here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from efi.signing import BootKey, sign
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import Machine

pytestmark = [pytest.mark.system, pytest.mark.timeout(900), pytest.mark.boot_slow]
Make = Callable[..., Machine]
BOOT_SECONDS = 300.0
CHECKING = ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd")
KEYS = Path("/usr/share/ovmf")
PROTECTED = ("-global", "driver=cfi.pflash01,property=secure,value=on")


@pytest.fixture(scope="module")
def signed(sticks: Media, tmp_path_factory: pytest.TempPathFactory) -> Media:
    """Makes media of the signed image."""
    folder = tmp_path_factory.mktemp("signed")
    key = serialization.load_pem_private_key((KEYS / "PkKek-1-snakeoil.key").read_bytes(), b"snakeoil")
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    pair = BootKey(folder / "key.pem", KEYS / "PkKek-1-snakeoil.pem")
    return Media(sign(sticks.tools, sticks.image, pair), sticks.tools, folder)


def _checking(machines: Make, stick: Path) -> Machine:
    machine = machines(stick, firmware=CHECKING, more=PROTECTED)
    machine.switch_on()
    return machine


def test_the_signed_image_starts(site: GuestSite, signed: Media, machines: Make) -> None:
    machine = _checking(machines, signed.stick("signed", site.credentials))
    machine.shows("(from the boot medium)", BOOT_SECONDS)


def test_the_image_without_a_signature_is_denied(site: GuestSite, sticks: Media, machines: Make) -> None:
    _denied(_checking(machines, sticks.stick("unsigned", site.credentials)))


def test_the_signed_image_with_one_byte_changed_is_denied(site: GuestSite, signed: Media, machines: Make) -> None:
    changed = bytearray(signed.image)
    changed[len(changed) // 2] ^= 1
    stick = Media(bytes(changed), signed.tools, signed.folder).stick("changed", site.credentials)
    _denied(_checking(machines, stick))


def _denied(machine: Machine) -> None:
    machine.wait(lambda: "Access Denied" in machine.serial() or None, "the refusal of the firmware", BOOT_SECONDS)
    assert machine.screen() is None
