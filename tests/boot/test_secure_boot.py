"""Firmware that checks signatures starts the operator's image, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from efi.signing import sign
from tests.boot.boot_key import CHECKING, PROTECTED, boot_key
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import Machine

pytestmark = [pytest.mark.system, pytest.mark.timeout(900), pytest.mark.boot_slow]
Make = Callable[..., Machine]
BOOT_SECONDS = 300.0


@pytest.fixture(scope="module")
def signed(sticks: Media, tmp_path_factory: pytest.TempPathFactory) -> Media:
    """Makes media of the signed image."""
    folder = tmp_path_factory.mktemp("signed")
    key = boot_key(folder)
    return Media(sign(sticks.tools, sticks.image, key), sticks.tools, folder, key)


def _checking(machines: Make, stick: Path) -> Machine:
    machine = machines(stick, firmware=CHECKING, more=PROTECTED)
    machine.switch_on()
    return machine


def test_the_signed_image_starts(site: GuestSite, signed: Media, machines: Make) -> None:
    machine = _checking(machines, signed.stick("signed", site.credentials))
    machine.shows("(from the boot medium)", BOOT_SECONDS)


def test_the_image_without_a_signature_is_denied(site: GuestSite, sticks: Media, signed: Media, machines: Make) -> None:
    _denied(_checking(machines, replace(signed, image=sticks.image).stick("unsigned", site.credentials)))


def test_the_signed_image_with_one_byte_changed_is_denied(site: GuestSite, signed: Media, machines: Make) -> None:
    changed = bytearray(signed.image)
    changed[len(changed) // 2] ^= 1
    _denied(_checking(machines, replace(signed, image=bytes(changed)).stick("changed", site.credentials)))


def _denied(machine: Machine) -> None:
    machine.wait(lambda: "Access Denied" in machine.serial() or None, "the refusal of the firmware", BOOT_SECONDS)
    assert machine.screen() is None
