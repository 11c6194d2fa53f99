"""Machines start from the network by the very dnsmasq configuration of docs/netboot.md, in a namespace of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.boot.bootstrap import FLAVOUR, serving, write_site
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import CARD, Machine
from tests.boot.test_media import NO_PXE
from tests.system.requirements import miss, need

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800), pytest.mark.boot_slow]
PAGE = Path(__file__).parents[2] / "docs" / "netboot.md"
LOADER = Path("/usr/lib/ipxe/snponly.efi")
SPACE = "hpnetboot"
INSIDE = ("ip", "netns", "exec", SPACE)
ADDRESS, PORT = "192.0.2.1", 8080
BOOT_SECONDS = 400.0
NETWORK = ("-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no", "-device", f"{CARD},bootindex=1")


def documented(gateway: str, root: Path) -> str:
    """The configuration of the page, with the names of this test in the place of the operator's."""
    found = re.search(r"^```\n(# /etc/dnsmasq.d.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    text = found[1]
    names = {"eth1": "tap0", "/srv/tftp": str(root), "/metal/": f"/{FLAVOUR}/", "https://cp.example:8443": gateway}
    for name, here in names.items():
        assert name in text
        text = text.replace(name, here)
    return text


@pytest.fixture(scope="module")
def network(
    boot_folder: Path, site: GuestSite, sticks: Media, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A network with dnsmasq and the bootstrap server, and a socket for one machine."""
    need("root", "netns")
    for program, package in (("dnsmasq", "dnsmasq-base"), (str(LOADER), "ipxe")):
        if shutil.which(program) is None and not Path(program).exists():
            miss(f"a start from the network needs {package}: run `make setup` as root")
    folder = tmp_path_factory.mktemp("netboot")
    shutil.copy(LOADER, folder / LOADER.name)
    (folder / "dnsmasq.conf").write_text(documented(site.url, folder))
    write_site(folder / "bootstrap", site, sticks.image)
    subprocess.run(["ip", "netns", "add", SPACE], check=True)
    try:
        for words in ("tuntap add dev tap0 mode tap", f"address add {ADDRESS}/24 dev tap0", "link set tap0 up"):
            subprocess.run(["ip", "-n", SPACE, *words.split()], check=True)
        options = (
            f"--conf-file={folder / 'dnsmasq.conf'}",
            "--user=root",
            "--pid-file",
            "--leasefile-ro",
            "--no-hosts",
        )
        with serving(folder / "bootstrap", ADDRESS, PORT, INSIDE), (folder / "log").open("wb") as log:
            command = [*INSIDE, "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--log-dhcp", *options]
            with subprocess.Popen(command, stderr=log) as server:
                yield
                server.terminate()
    finally:
        subprocess.run(["ip", "netns", "delete", SPACE], check=True)


def test_pxe_leads_to_ipxe_and_its_script_to_the_node(
    network: None, site: GuestSite, machines: Callable[..., Machine]
) -> None:
    machine = machines(None, network=NETWORK, before=INSIDE)
    machine.switch_on()
    screen = machine.shows("(from the kernel line)", BOOT_SECONDS)
    assert screen.rows["control plane"] == f"{site.url} (from the kernel line)"


def test_http_boot_leads_to_the_node_and_dhcp_names_its_control_plane(
    network: None, site: GuestSite, machines: Callable[..., Machine]
) -> None:
    machine = machines(None, network=NETWORK, before=INSIDE, more=NO_PXE)
    machine.switch_on()
    screen = machine.shows("(from DHCP)", BOOT_SECONDS)
    assert screen.rows["control plane"] == f"{site.url} (from DHCP)"
