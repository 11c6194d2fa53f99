"""A machine with a TPM: its node's keys open after a reboot, and under no image that somebody changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from efi.cpio import archive
from efi.initramfs import joined
from efi.pe import sections
from efi.tree import Tree
from efi.uki import CONTENTS, Parts, join
from tests.boot.chip import chip
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import Machine, Screen, blank_disk

pytestmark = [pytest.mark.system, pytest.mark.timeout(1500), pytest.mark.boot_slow]
# The firmware of a machine with a TPM reads the whole image once more.
BOOT_SECONDS = 300.0


@pytest.fixture
def tpm() -> Iterator[tuple[str, ...]]:
    """QEMU's options for a machine with a TPM."""
    with chip() as words:
        yield words


def test_keys_sealed_to_the_tpm_open_at_the_second_boot_and_not_under_a_changed_image(
    site: GuestSite, sticks: Media, machines: Callable[..., Machine], tpm: tuple[str, ...], tmp_path: Path
) -> None:
    changed = Media(with_a_file_more(sticks), sticks.tools, tmp_path)
    machine = machines(sticks.stick("sealed", site.credentials), [blank_disk(tmp_path)], more=tpm)
    first = booted(machine, "Reporting since")
    assert first.rows["keys"] == "sealed to this machine's TPM and to the image (PCR 11)"
    second = booted(machine, "Reporting since")
    assert (second.rows["node"], second.rows["keys"]) == (first.rows["node"], first.rows["keys"])
    machine.medium, before = changed.stick("changed", site.credentials), machine.medium
    assert "sealed to another image: boot the one that ran before" in booted(machine, "KeysSealed").words
    machine.medium = before
    assert booted(machine, "Reporting since").rows["node"] == first.rows["node"]


def booted(machine: Machine, until: str) -> Screen:
    """The screen of the machine, switched off and on, once it shows this."""
    machine.cut()
    machine.switch_on()
    return machine.shows(until, BOOT_SECONDS)


def with_a_file_more(sticks: Media) -> bytes:
    """The image with a file in it that was not there."""
    parts = {each.name: each.content for each in sections(sticks.image)}
    tree = Tree()
    tree.put("etc/changed", b"by somebody\n")
    initramfs = joined([parts[".initrd"], archive(list(tree.entries()))])
    first = (parts[".osrel"], parts[".uname"], parts[".cmdline"], parts[CONTENTS])
    return join(sticks.tools, Parts(*first, initramfs, parts[".linux"]))
