"""A booted node goes to another image, keeps it only when it works, and says what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.boot.guest_site import GuestSite, Media, media
from tests.boot.machine import Machine, blank_disk
from tests.boot.releases import ImageServer, Operator

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800), pytest.mark.boot_slow]
Make = Callable[..., Machine]
BOOT_SECONDS = 600.0
QUICK = ("no_timer_check",)


@pytest.fixture(scope="module")
def operator(site: GuestSite, boot_folder: Path) -> Iterator[Operator]:
    """Who releases images."""
    folder = boot_folder / "served"
    folder.mkdir()
    server = ImageServer(folder)
    yield Operator(site, server)
    server.close()


def made(site: GuestSite, folder: Path, version: str, *words: str) -> bytes:
    """An image of the site."""
    return media(site.part(), folder, words=(*QUICK, *words), version=version).image


@pytest.fixture
def machine(site: GuestSite, sticks: Media, machines: Make, tmp_path: Path) -> Machine:
    """A machine that may write its boot medium, and restarts by itself."""
    medium = sticks.stick("updated", site.credentials)
    return machines(medium, [blank_disk(tmp_path)], keeps=True, restarts=True)


def registered(machine: Machine) -> str:
    """The node's name, once it reports."""
    return machine.shows("Reporting since", BOOT_SECONDS).rows["node"]


def test_a_good_image_is_tried_and_kept_and_the_node_stays_itself(
    site: GuestSite, operator: Operator, machine: Machine, tmp_path: Path
) -> None:
    operator.release("good", made(site, tmp_path, "0.2.0"), "0.2.0")
    machine.switch_on()
    node = registered(machine)
    assert operator.told(node)[:2] == ("True", "Current")
    operator.ask(node, "good")
    operator.hears(machine, node, "Upgrading", 60.0)
    assert operator.hears(machine, node, "Current", BOOT_SECONDS) == "version 0.2.0, flavour cloud"
    screen = machine.shows("Reporting since", 30.0)
    assert screen.text.startswith("Hardpan 0.2.0")
    assert screen.rows["node"] == node
    assert screen.rows["disk"].endswith("this node's pool")
    machine.cut()
    machine.switch_on()
    assert registered(machine) == node
    assert machine.shows("Reporting since", 5.0).text.startswith("Hardpan 0.2.0")
