"""A machine with too little memory for the image says so, though nothing of the node could be started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import Machine, blank_disk

pytestmark = [pytest.mark.system, pytest.mark.boot_slow, pytest.mark.timeout(600)]
BOOT_SECONDS = 240.0


def test_a_machine_with_too_little_memory_says_how_much_it_needs(
    site: GuestSite, sticks: Media, machines: Callable[..., Machine], tmp_path: Path
) -> None:
    disk = blank_disk(tmp_path)
    machine = machines(sticks.stick("small", site.credentials), [disk], memory=320)
    machine.switch_on()
    said = "this machine has too little memory for its image. Give it 512 MiB or more."
    machine.wait(lambda: said in machine.serial() or None, said, BOOT_SECONDS)
    assert disk.stat().st_blocks == 0


def test_a_machine_with_as_much_memory_as_that_becomes_a_node(
    site: GuestSite, sticks: Media, machines: Callable[..., Machine], tmp_path: Path
) -> None:
    machine = machines(sticks.stick("enough", site.credentials), [blank_disk(tmp_path)], memory=512)
    machine.switch_on()
    machine.shows("Reporting since", BOOT_SECONDS)
