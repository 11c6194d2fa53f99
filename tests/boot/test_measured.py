"""What a machine's TPM holds after the image was started is what `hardpan image inspect` says before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from efi.cpio import archive
from efi.esp import Content
from efi.initramfs import joined
from efi.inspect import inspect
from efi.pe import sections
from efi.tree import Tree
from efi.uki import CONTENTS, Parts, join
from efi.usb import write_usb
from tests.boot.chip import chip
from tests.boot.guest_site import Media
from tests.boot.machine import Machine

pytestmark = [pytest.mark.system, pytest.mark.timeout(900), pytest.mark.boot_slow]
BOOT_SECONDS = 300.0
# In the place of the program that starts the agent; 252's stub measures it with the rest of the initramfs.
TELLS = b"""#!/bin/sh
echo "PCR 11 is $(cat /sys/class/tpm/tpm0/pcr-sha256/11)."
poweroff -f
"""


@pytest.fixture
def tpm() -> Iterator[tuple[str, ...]]:
    """QEMU's options for a machine with a TPM."""
    with chip() as words:
        yield words


def test_pcr_11_is_known_before_the_machine_starts(
    sticks: Media, machines: Callable[..., Machine], tpm: tuple[str, ...], tmp_path: Path
) -> None:
    image = _with_another_start(sticks)
    stick = tmp_path / "measured.img"
    write_usb(sticks.tools, stick, Content(image, {"hardpan.gateway": b"https://anywhere.example"}))
    machine = machines(stick, more=tpm)
    machine.switch_on()
    found = machine.wait(lambda: re.search(r"PCR 11 is ([0-9A-F]*)\.", machine.serial()), "the value", BOOT_SECONDS)
    assert found[1].lower() == inspect(image).pcr_11


def _with_another_start(sticks: Media) -> bytes:
    parts = {each.name: each.content for each in sections(sticks.image)}
    tree = Tree()
    tree.put("usr/lib/hardpan/start", TELLS, program=True)
    initramfs = joined([parts[".initrd"], archive(list(tree.entries()))])
    first = (parts[".osrel"], parts[".uname"], parts[".cmdline"], parts[CONTENTS])
    return join(sticks.tools, Parts(*first, initramfs, parts[".linux"]))
