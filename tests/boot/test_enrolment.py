"""Firmware without keys takes up the operator's, each way that people do it; from then on it starts nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from efi.boot_keys import SIGNERS, ensure_keys
from efi.cpio import archive
from efi.enrolment import STICK, write_enrolment
from efi.esp import Content
from efi.initramfs import joined
from efi.libraries import closure
from efi.pe import sections
from efi.signing import sign
from efi.tree import Tree, files_below
from efi.uki import CONTENTS, Parts, join
from efi.unpacked import LIBRARIES
from efi.usb import write_usb
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import Machine
from tests.boot.test_secure_boot import PROTECTED

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800), pytest.mark.boot_slow]
Make = Callable[..., Machine]
BOOT_SECONDS = 400.0
WITHOUT_KEYS = ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.fd")
SYNCS = b"""#!/bin/sh
modprobe -q efivarfs
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
sbkeysync --no-default-keystores --keystore /keystore --pk --verbose && echo "The keys are in."
poweroff -f
"""


@dataclass(frozen=True)
class Enrolment:
    """The files for firmware, and sticks with the signed and the plain image."""

    files: Path
    signed: Path
    plain: Path


@pytest.fixture(scope="module")
def enrolment(site: GuestSite, sticks: Media, tmp_path_factory: pytest.TempPathFactory) -> Enrolment:
    """An operator's own keys."""
    folder = tmp_path_factory.mktemp("keys")
    keys = ensure_keys(folder)
    write_enrolment(sticks.tools, keys, folder / "enrol")
    beside = {name: value.encode() for name, value in site.credentials.items()}
    content = Content(sign(sticks.tools, sticks.image, keys[SIGNERS]), beside, keys[SIGNERS])
    write_usb(sticks.tools, folder / "signed.img", content)
    return Enrolment(folder / "enrol", folder / "signed.img", sticks.stick("plain", site.credentials))


@pytest.fixture
def machine(machines: Make) -> Machine:
    """A machine whose firmware can check signatures and has no keys yet."""
    return machines(None, firmware=WITHOUT_KEYS, more=PROTECTED)


def test_a_stick_enrols_the_keys_and_then_only_signed_images_start(enrolment: Enrolment, machine: Machine) -> None:
    machine.medium = enrolment.files / STICK
    machine.switch_on()
    assert machine.ends(BOOT_SECONDS), machine.serial()
    _starts_only_what_is_signed(machine, enrolment)


def test_sbkeysync_enrols_the_keys_and_then_only_signed_images_start(
    enrolment: Enrolment, sticks: Media, machine: Machine, tmp_path: Path
) -> None:
    machine.medium = tmp_path / "syncing.img"
    write_usb(sticks.tools, machine.medium, Content(_syncing(sticks, enrolment.files / "keystore"), {}))
    machine.switch_on()
    assert machine.ends(BOOT_SECONDS), machine.serial()
    assert "The keys are in." in machine.serial()
    _starts_only_what_is_signed(machine, enrolment)


def _syncing(sticks: Media, keystore: Path) -> bytes:
    """The image, with sbkeysync in the place of the agent."""
    parts = {each.name: each.content for each in sections(sticks.image)}
    program = sticks.tools.program("sbkeysync")
    assert program is not None
    tree = Tree()
    tree.copy(program, "usr/bin/sbkeysync")
    for library in closure(sticks.tools, [program]):
        tree.copy(library, f"{LIBRARIES}/{library.name}")
    for name in files_below(keystore):
        tree.copy(keystore / name, f"keystore/{name}")
    tree.put("usr/lib/hardpan/start", SYNCS, program=True)
    initramfs = joined([parts[".initrd"], archive(list(tree.entries()))])
    first = (parts[".osrel"], parts[".uname"], parts[".cmdline"], parts[CONTENTS])
    return join(sticks.tools, Parts(*first, initramfs, parts[".linux"]))


def _starts_only_what_is_signed(machine: Machine, enrolment: Enrolment) -> None:
    machine.medium = enrolment.plain
    machine.switch_on()
    machine.wait(lambda: "Access Denied" in machine.serial() or None, "the refusal of the firmware", BOOT_SECONDS)
    machine.cut()
    machine.medium = enrolment.signed
    machine.switch_on()
    machine.shows("(from the boot medium)", BOOT_SECONDS)
