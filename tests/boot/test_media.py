"""Firmware starts the image from every kind of medium, and finds what stands beside it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from efi.build import LINE
from efi.esp import Content
from efi.iso import write_iso
from efi.netboot import write_netboot
from tests.boot.dhcp import CLASS, FILE, Wire
from tests.boot.guest_site import GuestSite, Media, media
from tests.boot.machine import CARD, Machine, blank_disk
from tests.system.requirements import miss

pytestmark = [pytest.mark.system, pytest.mark.timeout(900), pytest.mark.boot_slow]
Make = Callable[..., Machine]
BOOT_SECONDS = 300.0
IPXE = Path("/usr/lib/ipxe/ipxe.efi")
GATEWAY_OPTION, TOKEN_OPTION = 224, 225
# Firmware waits a minute for each way of PXE before it tries HTTP.
NO_PXE = tuple(
    word for family in ("IPv4", "IPv6") for word in ("-fw_cfg", f"name=opt/org.tianocore/{family}PXESupport,string=n")
)
NVME = ("-device", "nvme,drive=boot,bootindex=1,serial=boot")
AHCI = ("-device", "ahci,id=ahci", "-device", "ide-hd,drive=boot,bus=ahci.0,bootindex=1")
CD = ("-device", "ahci,id=ahci", "-device", "ide-cd,drive=boot,bus=ahci.0,bootindex=1")
STICK = ("-device", "qemu-xhci", "-device", "usb-storage,drive=boot,removable=on,bootindex=1")


@pytest.fixture(scope="session")
def metal(boot_folder: Path, site: GuestSite) -> Media:
    """Makes media of the site's image of the metal flavour."""
    (boot_folder / "metal").mkdir()
    return media(site.part(), boot_folder / "metal", "metal")


def _found(machine: Machine, gateway: str, channel: str) -> None:
    machine.switch_on()
    assert machine.shows(f"({channel})", BOOT_SECONDS).rows["control plane"] == f"{gateway} ({channel})"


def test_from_an_nvme_disk(site: GuestSite, sticks: Media, machines: Make) -> None:
    stick = sticks.stick("nvme", site.credentials)
    _found(machines(stick, attached=NVME), site.url, "from the boot medium")


@pytest.mark.parametrize("attached", [AHCI, STICK], ids=["a disk on ahci", "a stick on usb"])
def test_on_real_hardwares_buses(site: GuestSite, metal: Media, machines: Make, attached: tuple[str, ...]) -> None:
    stick = metal.stick("metal", site.credentials)
    _found(machines(stick, attached=attached, writable=True), site.url, "from the boot medium")


@pytest.mark.parametrize("attached", [CD, STICK], ids=["a cd drive", "a stick on usb"])
def test_from_a_cd_image(
    site: GuestSite, metal: Media, machines: Make, tmp_path: Path, attached: tuple[str, ...]
) -> None:
    cd = tmp_path / "hardpan.iso"
    beside = {name: value.encode() for name, value in site.credentials.items()}
    write_iso(metal.tools, cd, Content(metal.image, beside))
    _found(machines(cd, attached=attached), site.url, "from the boot medium")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A folder that is served by HTTP to the machines, at a port of 10.0.2.2."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield tmp_path, server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_from_the_network_by_ipxe(site: GuestSite, sticks: Media, machines: Make, served: tuple[Path, int]) -> None:
    if not IPXE.exists():
        miss("a boot by iPXE needs ipxe: run `make setup` as root")
    folder, port = served
    words = [f"{name}={value}" for name, value in site.credentials.items()]
    write_netboot(folder / "site", sticks.image, LINE, words)
    loader = Media(IPXE.read_bytes(), sticks.tools, folder).stick("ipxe", {})
    network = ("-netdev", f"user,id=n0,bootfile=http://10.0.2.2:{port}/site/boot.ipxe", "-device", CARD)
    _found(machines(loader, network=network), site.url, "from the kernel line")


def test_a_root_cluster_or_ca_in_the_kernel_line_is_told_and_ignored(
    site: GuestSite, sticks: Media, machines: Make, served: tuple[Path, int]
) -> None:
    if not IPXE.exists():
        miss("a boot by iPXE needs ipxe: run `make setup` as root")
    folder, port = served
    theirs = {"hardpan.root": '{"version":1,"keys":[]}', "hardpan.cluster": "sha256:" + "0" * 64, "hardpan.ca": "mine"}
    words = [f"{name}={value}" for name, value in (theirs | site.credentials).items()]
    write_netboot(folder / "site", sticks.image, LINE, words)
    loader = Media(IPXE.read_bytes(), sticks.tools, folder).stick("ipxe", {})
    network = ("-netdev", f"user,id=n0,bootfile=http://10.0.2.2:{port}/site/boot.ipxe", "-device", CARD)
    machine = machines(loader, [blank_disk(folder)], network=network)
    machine.switch_on()
    screen = machine.shows("Reporting since", BOOT_SECONDS)
    assert screen.rows["control plane"] == f"{site.url} (from the kernel line)"
    assert site.said(screen.rows["node"], "Approved") == ("True", "ApprovedByToken")
    for word in ("root", "cluster", "ca"):
        assert f"ignored: {word} from the kernel line: only the signed part of the image says it" in screen.words


def test_from_the_network_by_pxe(site: GuestSite, sticks: Media, machines: Make, tmp_path: Path) -> None:
    words = tuple(f"{name}={value}" for name, value in site.credentials.items())
    (tmp_path / "hardpan.efi").write_bytes(media(site.part(), tmp_path, words=words).image)
    server = f"user,id=n0,tftp={tmp_path},bootfile=hardpan.efi"
    network = ("-netdev", server, "-device", f"{CARD},bootindex=1")
    _found(machines(None, network=network), site.url, "from the kernel line")


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Makes wires between a machine and its network, which are gone after the test."""
    made: list[Wire] = []

    def make(**options: Mapping[int, bytes]) -> Wire:
        made.append(Wire(**options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_from_the_network_by_http_boot_and_dhcp_names_the_control_plane(
    site: GuestSite, sticks: Media, machines: Make, served: tuple[Path, int], wire: Callable[..., Wire]
) -> None:
    folder, port = served
    (folder / "hardpan.efi").write_bytes(sticks.image)
    url = f"http://10.0.2.2:{port}/hardpan.efi".encode()
    options = {GATEWAY_OPTION: site.url.encode(), TOKEN_OPTION: site.token.encode()}
    between = wire(for_firmware={CLASS: b"HTTPClient", FILE: url}, for_system=options)
    network = (*between.words(), "-device", f"{CARD},bootindex=1")
    machine = machines(None, [blank_disk(folder)], network=network, more=NO_PXE)
    _found(machine, site.url, "from DHCP")
