"""The plug of a machine is pulled at twenty moments of its first boot: the next boot ends registered, as one node.

The moments lie in the part of the boot that writes, and a little after it, one in each twentieth of that: before it a
machine knows nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import Machine, blank_disk

BOOT_SECONDS = 600.0
MOMENTS = 20
SEED = 9
BEYOND = 1.25
pytestmark = [pytest.mark.system, pytest.mark.boot_slow, pytest.mark.timeout(5400)]


def moments(seconds: float) -> list[float]:
    """One moment, by chance, in each twentieth of this time; in an order by chance. Pure."""
    chance = random.Random(SEED)
    made = [(number + chance.random()) * seconds / MOMENTS for number in range(MOMENTS)]
    return chance.sample(made, MOMENTS)


def switched_on(machine: Machine) -> None:
    """Switches on, and waits for the first write to its disk."""
    machine.switch_on()
    disk = machine.disks[0]
    machine.wait(lambda: disk.stat().st_blocks or None, "a write to the disk", BOOT_SECONDS)


def writing_seconds(machine: Machine) -> float:
    """How long a whole first boot takes from its first write to its first report."""
    switched_on(machine)
    began = time.monotonic()
    machine.shows("Reporting since", BOOT_SECONDS)
    machine.cut()
    return time.monotonic() - began


def test_a_power_cut_at_any_moment_of_the_first_boot_leaves_one_identity(
    site: GuestSite, sticks: Media, machines: Callable[..., Machine], tmp_path: Path
) -> None:
    stick = sticks.stick("cuts", site.credentials)
    seconds = writing_seconds(machines(stick, [blank_disk(tmp_path, "whole")]))
    for number, moment in enumerate(moments(seconds * BEYOND)):
        disk = blank_disk(tmp_path, f"cut{number}")
        machine = machines(stick, [disk])
        before = set(site.nodes)
        switched_on(machine)
        time.sleep(moment)
        shown = machine.screen()
        machine.cut()
        machine.switch_on()
        node = machine.shows("Reporting since", BOOT_SECONDS).rows["node"]
        machine.cut()
        disk.unlink()
        told = f"cut {number}, {moment:.2f} of {seconds:.2f} s after the first write"
        print(told, "was", shown.rows.get("state") if shown else "", flush=True)
        assert set(site.nodes) - before == {node}, told
        assert shown is None or shown.rows["node"] in ("not yet known", node), told


def test_a_power_cut_as_soon_as_the_ledger_has_heard_of_the_machine_leaves_one_identity(
    site: GuestSite, sticks: Media, machines: Callable[..., Machine], tmp_path: Path
) -> None:
    machine = machines(sticks.stick("heard", site.credentials), [blank_disk(tmp_path)])
    before = set(site.nodes)
    machine.switch_on()
    heard = machine.wait(lambda: set(site.nodes) - before or None, "a registration", BOOT_SECONDS)
    machine.cut()
    machine.switch_on()
    assert {machine.shows("Reporting since", BOOT_SECONDS).rows["node"]} == heard
