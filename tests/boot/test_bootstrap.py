"""Machines start from the bootstrap server alone, and a person downloads a medium from it with a real browser."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.boot.bootstrap import NAME, Bootstrap, serving, write_site
from tests.boot.browser import browser
from tests.boot.dhcp import CLASS, FILE, Wire
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import CARD, Machine, blank_disk
from tests.boot.test_media import GATEWAY_OPTION, IPXE, NO_PXE, TOKEN_OPTION
from tests.system.requirements import miss

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800), pytest.mark.boot_slow]
Make = Callable[..., Machine]
BOOT_SECONDS = 400.0
DOWNLOAD_SECONDS = 120.0


@pytest.fixture(scope="module")
def bootstrap(boot_folder: Path, site: GuestSite, sticks: Media) -> Iterator[Bootstrap]:
    """A server with the site's image."""
    write_site(boot_folder / "bootstrap", site, sticks.image)
    with serving(boot_folder / "bootstrap") as made:
        yield made


def test_a_machine_becomes_a_node_by_the_servers_script_for_ipxe(
    site: GuestSite, sticks: Media, bootstrap: Bootstrap, machines: Make, tmp_path: Path
) -> None:
    if not IPXE.exists():
        miss("a boot by iPXE needs ipxe: run `make setup` as root")
    loader = Media(IPXE.read_bytes(), sticks.tools, tmp_path).stick("ipxe", {})
    start = f"user,id=n0,bootfile={bootstrap.address('boot-with-token.ipxe')}"
    machine = machines(loader, [blank_disk(tmp_path)], network=("-netdev", start, "-device", CARD))
    machine.switch_on()
    screen = machine.shows("Reporting since", BOOT_SECONDS)
    assert screen.rows["control plane"] == f"{site.url} (from the kernel line)"
    assert site.said(screen.rows["node"], "Approved") == ("True", "ApprovedByToken")


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Makes wires between a machine and its network, which are gone after the test."""
    made: list[Wire] = []

    def make(**options: dict[int, bytes]) -> Wire:
        made.append(Wire(**options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_http_boot_starts_the_servers_image_and_dhcp_names_the_control_plane(
    site: GuestSite, bootstrap: Bootstrap, machines: Make, wire: Callable[..., Wire], tmp_path: Path
) -> None:
    for_firmware = {CLASS: b"HTTPClient", FILE: bootstrap.address("hardpan.efi").encode()}
    for_system = {GATEWAY_OPTION: site.url.encode(), TOKEN_OPTION: site.token.encode()}
    between = wire(for_firmware=for_firmware, for_system=for_system)
    network = (*between.words(), "-device", f"{CARD},bootindex=1")
    machine = machines(None, [blank_disk(tmp_path)], network=network, more=NO_PXE)
    machine.switch_on()
    screen = machine.shows("(from DHCP)", BOOT_SECONDS)
    assert screen.rows["control plane"] == f"{site.url} (from DHCP)"


def test_http_boot_of_the_servers_cd_needs_nothing_from_dhcp_but_its_address(
    site: GuestSite, bootstrap: Bootstrap, machines: Make, wire: Callable[..., Wire], tmp_path: Path
) -> None:
    # Firmware waits for seconds, and a CD is made when it is first asked for.
    httpx.get(bootstrap.address("hardpan-with-token.iso.sha256", "127.0.0.1"), timeout=300).raise_for_status()
    for_firmware = {CLASS: b"HTTPClient", FILE: bootstrap.address("hardpan-with-token.iso").encode()}
    network = (*wire(for_firmware=for_firmware).words(), "-device", f"{CARD},bootindex=1")
    machine = machines(None, [blank_disk(tmp_path)], network=network, more=NO_PXE)
    machine.switch_on()
    screen = machine.shows("(from the boot medium)", BOOT_SECONDS)
    assert screen.rows["control plane"] == f"{site.url} (from the boot medium)"


@pytest.mark.parametrize("medium", ["usb", "iso"])
def test_a_person_downloads_a_medium_and_checks_it_as_the_page_says(
    sticks: Media, bootstrap: Bootstrap, tmp_path: Path, medium: str
) -> None:
    if medium == "iso" and shutil.which("xorriso") is None:
        miss("a CD is taken apart by xorriso: run `make setup` as root")
    with browser(tmp_path) as window:
        window.open(f"{bootstrap.url}/")
        window.click(f"option[value={NAME}]")
        window.click(f"input[value={medium}]")
        window.click("button")
        commands = window.text("pre")
        assert "a join token is in this file" not in window.text().lower()
        window.click("a.take")
        file = window.downloaded(window.property("a.take", "download"), DOWNLOAD_SECONDS)
    assert hashlib.sha256(file.read_bytes()).hexdigest() in commands
    shell = ["bash", "-euxc", commands]
    done = subprocess.run(shell, cwd=file.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (file.parent / "image.efi").read_bytes() == sticks.image
