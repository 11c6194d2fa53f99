"""A booted node goes to another image, keeps it only when it works, and says what became of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.boot.guest_site import GuestSite, Media, media
from tests.boot.machine import Machine, blank_disk
from tests.boot.releases import ImageServer, Operator
from tests.system.node_site import Authority
from trust.keys import digest

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800), pytest.mark.boot_slow]
Make = Callable[..., Machine]
BOOT_SECONDS = 600.0
QUICK = ("no_timer_check",)
POWER_CUTS = 6


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


@pytest.mark.parametrize("number", range(POWER_CUTS))
def test_a_power_cut_at_any_moment_of_an_update_leaves_the_node(
    number: int, site: GuestSite, operator: Operator, machine: Machine, tmp_path: Path
) -> None:
    operator.release(f"cut-{number}", made(site, tmp_path, "0.2.0"), "0.2.0")
    machine.switch_on()
    node = registered(machine)
    operator.ask(node, f"cut-{number}")
    operator.hears(machine, node, "Upgrading", 60.0)
    time.sleep(random.Random(number).uniform(0.0, 30.0))
    machine.cut()
    machine.switch_on()
    assert registered(machine) == node
    ended = machine.wait(lambda: _ended(operator, node), "the end of the update", BOOT_SECONDS)
    shown = machine.shows("Reporting since", BOOT_SECONDS).text.splitlines()[0]
    assert shown == {"Current": "Hardpan 0.2.0", "FellBack": "Hardpan 0.1.0"}[ended]


def _ended(operator: Operator, node: str) -> str | None:
    reason = operator.told(node)[1]
    return reason if reason in ("Current", "FellBack") else None


def crashes(site: GuestSite, folder: Path) -> bytes:
    """An image whose kernel finds no first program."""
    return made(site, folder, "0.3.0", "rdinit=/nothing")


def is_shut_out(site: GuestSite, folder: Path) -> bytes:
    """An image that takes the control plane for a stranger, and has a minute and a half to think better of it."""
    part = replace(site.part(), authority=Authority("stranger").certificate.encode())
    return media(part, folder, words=(*QUICK, "trial_seconds=90"), version="0.3.0").image


def is_no_program(_: GuestSite, __: Path) -> bytes:
    """What the operator signed for by mistake."""
    return b"no program" * 1000


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (is_shut_out, "it came as far as this: Unregistered (ForeignCertificate): "),
        (crashes, "it never spoke: the firmware refused it, it crashed at once, or the power was cut"),
        (is_no_program, "it never spoke: the firmware refused it, it crashed at once, or the power was cut"),
    ],
)
def test_a_broken_image_falls_back_by_itself_and_says_so(
    site: GuestSite,
    operator: Operator,
    machine: Machine,
    tmp_path: Path,
    broken: Callable[[GuestSite, Path], bytes],
    says: str,
) -> None:
    name = broken.__name__.replace("_", "-")
    operator.release(name, broken(site, tmp_path), "0.3.0")
    machine.switch_on()
    node = registered(machine)
    operator.ask(node, name)
    told = operator.hears(machine, node, "FellBack", 2 * BOOT_SECONDS)
    assert told.startswith(f"version 0.3.0 did not become a node; {says}")
    screen = machine.shows("did not become a node", 30.0)
    assert screen.text.startswith("Hardpan 0.1.0")
    assert registered(machine) == node
    starts = machine.serial().count("Boot4850")
    time.sleep(20.0)
    assert machine.serial().count("Boot4850") == starts
    assert operator.told(node)[1] == "FellBack"


def test_what_the_operator_did_not_sign_for_or_is_too_old_is_not_installed(
    site: GuestSite, operator: Operator, machine: Machine
) -> None:
    image = b"never started"
    operator.release("unsigned", image, "0.9.0", listed=False)
    operator.release("older", image, "0.0.9")
    operator.release("for-metal", image, "0.9.0", flavour="metal")
    operator.release("changed", image, "0.9.0", digest=digest(b"another"))
    machine.switch_on()
    node = registered(machine)
    for release, reason in (
        ("unsigned", "ReleaseUnknown"),
        ("older", "OlderThanRan"),
        ("for-metal", "WrongFlavour"),
        ("changed", "UpgradeFailed"),
    ):
        operator.ask(node, release)
        operator.hears(machine, node, reason, 120.0)
    assert "signed is" in operator.told(node)[2]
    operator.release("newest", image, "1.0.0", minimum="0.9.5")
    operator.ask(node, "changed")
    assert "0.9.5 is the oldest that counts" in operator.hears(machine, node, "BelowMinimum", 120.0)
    machine.cut()
    assert image not in medium_of(machine)


def medium_of(machine: Machine) -> bytes:
    """All that is on the boot medium."""
    assert machine.medium is not None
    return machine.medium.read_bytes()
