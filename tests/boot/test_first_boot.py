"""A bare machine is switched on, and what is seen of it: on its console, in the ledger, on its disk."""

from __future__ import annotations

import hashlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sal import sntp
from tests.boot.dhcp import Wire
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import CARD, Machine, Screen, blank_disk
from tests.system.node_site import Authority
from tests.system.requirements import need

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
Make = Callable[..., Machine]
# Several times what it takes on a quiet machine: firmware, kernel and node are emulated.
BOOT_SECONDS = 240.0


def registered(machine: Machine) -> Screen:
    """The screen of a machine that reports to the ledger."""
    return machine.shows("Reporting since", BOOT_SECONDS)


def test_a_bare_machine_becomes_a_node_by_its_token_with_no_hand_on_it(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    more = {"hardpan.cluster": "sha256:" + "0" * 64, "hardpan.ca": "mine"}
    machine = machines(sticks.stick("token", site.credentials | more), [blank_disk(tmp_path)])
    machine.switch_on()
    screen = registered(machine)
    node = screen.rows["node"]
    assert site.said(node, "Approved") == ("True", "ApprovedByToken")
    assert screen.rows["addresses"].startswith("10.0.2.15 (eth0)")
    assert screen.rows["control plane"] == f"{site.url} (from the boot medium)"
    assert "serial pool: the first empty disk" in screen.rows["disk"]
    assert "ignored: cluster from the boot medium: only the signed part of the image says it" in screen.words
    assert "ignored: ca from the boot medium: only the signed part of the image says it" in screen.words


@pytest.mark.boot_slow
def test_a_machine_that_was_switched_off_and_on_is_the_same_node(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    machine = machines(sticks.stick("twice", site.credentials), [blank_disk(tmp_path)])
    machine.switch_on()
    first = registered(machine).rows["node"]
    machine.press()
    assert machine.ends(60.0), machine.serial()[-2000:]
    machine.switch_on()
    second = registered(machine)
    assert second.rows["node"] == first
    assert second.rows["disk"].endswith("this node's pool")


@pytest.mark.boot_slow
def test_a_machine_without_a_disk_says_so_and_takes_one_when_it_comes(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    late = ("-device", "pcie-root-port,id=bay,chassis=9")
    late += ("-drive", f"if=none,id=late,format=raw,file={blank_disk(tmp_path)}")
    machine = machines(sticks.stick("diskless", site.credentials), more=late)
    machine.switch_on()
    screen = machine.shows("Waiting since", BOOT_SECONDS)
    assert "no empty disk: vda is read-only; attach an empty one" in screen.words
    machine.tell("device_add", driver="virtio-blk-pci", drive="late", bus="bay", serial="late")
    assert "serial late: the first empty disk" in registered(machine).rows["disk"]


@pytest.mark.boot_slow
def test_a_disk_that_holds_something_is_never_touched(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    disk = blank_disk(tmp_path, "data")
    with disk.open("r+b") as file:
        file.seek(-4096, 2)
        file.write(b"somebody's last sector")
    before = digest(disk)
    machine = machines(sticks.stick("full", site.credentials | {"hardpan.wipe": "data"}), [disk])
    machine.switch_on()
    screen = machine.shows("Waiting since", BOOT_SECONDS)
    assert "vdb is not empty; attach an empty one, or empty one of these (wipefs --all)" in screen.words
    assert "ignored: wipe from the boot medium: no word beside the image empties a disk" in screen.words
    machine.cut()
    assert digest(disk) == before


def digest(disk: Path) -> str:
    """Of all that is on a disk."""
    with disk.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.boot_slow
def test_a_network_without_dhcp_is_named(site: GuestSite, sticks: Media, machines: Make, tmp_path: Path) -> None:
    nobody = ("-netdev", "hubport,id=n0,hubid=0", "-device", "virtio-net-pci,netdev=n0,romfile=")
    machine = machines(sticks.stick("dhcpless", site.credentials), [blank_disk(tmp_path)], network=nobody)
    machine.switch_on()
    screen = machine.shows("Waiting since", BOOT_SECONDS)
    assert "no DHCP lease and no router's address on eth0: is there a DHCP server on this network?" in screen.words


@pytest.mark.boot_slow
def test_a_machine_without_a_network_card_is_told_of_the_driver(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    machine = machines(sticks.stick("cardless", site.credentials), [blank_disk(tmp_path)], network=("-nic", "none"))
    machine.switch_on()
    assert "there is no network card" in machine.shows("Waiting since", BOOT_SECONDS).words


@pytest.mark.boot_slow
def test_a_machine_that_nobody_tells_the_control_plane_says_where_to_put_it(
    sticks: Media, machines: Make, tmp_path: Path
) -> None:
    machine = machines(sticks.stick("silent", {}), [blank_disk(tmp_path)])
    machine.switch_on()
    assert "nobody names the control plane" in machine.shows("Waiting since", BOOT_SECONDS).words


@pytest.mark.boot_slow
def test_a_wrong_address_of_the_control_plane_is_shown_with_what_to_check(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    nobody = "https://10.0.2.2:1"
    machine = machines(
        sticks.stick("elsewhere", site.credentials | {"hardpan.gateway": nobody}), [blank_disk(tmp_path)]
    )
    machine.switch_on()
    screen = machine.shows("Unreachable", BOOT_SECONDS)
    assert f"no answer from {nobody}" in screen.words
    assert "Check that this address is right and that this network leads to it" in screen.words


@pytest.mark.boot_slow
def test_a_stranger_s_control_plane_is_not_obeyed_and_is_named(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    site.show_certificate(Authority("stranger"))
    before = set(site.nodes)
    try:
        machine = machines(sticks.stick("stranger", site.credentials), [blank_disk(tmp_path)])
        machine.switch_on()
        screen = machine.shows("ForeignCertificate", BOOT_SECONDS)
        assert "shows a certificate that this medium's CA did not sign" in screen.words
        assert set(site.nodes) == before
    finally:
        site.show_certificate(site.authority)
    assert registered(machine).rows["node"] in site.nodes


@pytest.mark.boot_slow
def test_a_clock_that_stopped_long_ago_is_set_by_the_control_plane(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    past = ("-rtc", "base=2020-01-01T00:00:00")
    machine = machines(sticks.stick("past", site.credentials), [blank_disk(tmp_path)], more=past)
    machine.switch_on()
    screen = registered(machine)
    assert "behind what the control plane says, and was set" in screen.words


@pytest.mark.boot_slow
def test_a_clock_that_is_years_ahead_is_named_and_not_set_back_on_one_word(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    future = ("-rtc", "base=2031-01-01T00:00:00")
    machine = machines(sticks.stick("future", site.credentials), [blank_disk(tmp_path)], more=future)
    machine.switch_on()
    screen = machine.shows("ClockWrong", BOOT_SECONDS)
    assert "ahead of what the control plane says, and nobody else confirms it: set the clock" in screen.words


class TimeServer:
    """Tells the right time to machines that ask this host (SNTP)."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", sntp.PORT))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while (asked := self._socket.recvfrom(512))[0]:
            now = struct.pack("!II", int(time.time()) + 2_208_988_800, 0)
            self._socket.sendto(bytes([0x24, 1]) + bytes(22) + asked[0][40:48] + now + now, asked[1])

    def close(self) -> None:
        """Tells it no more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", sntp.PORT))
        self._thread.join()
        self._socket.close()


@pytest.fixture
def time_server() -> Iterator[None]:
    """A time server at 10.0.2.2 for machines."""
    need("root")
    server = TimeServer()
    yield
    server.close()


@pytest.mark.boot_slow
@pytest.mark.usefixtures("time_server")
def test_a_clock_that_is_days_ahead_is_set_when_the_network_s_time_server_agrees(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    wire = Wire(for_system={42: bytes((10, 0, 2, 2))})
    try:
        future = ("-rtc", f"base={datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M:%S}")
        network = (*wire.words(), "-device", CARD)
        stick = sticks.stick("agreed", site.credentials)
        machine = machines(stick, [blank_disk(tmp_path)], network=network, more=future)
        machine.switch_on()
        screen = registered(machine)
        assert "was 9 days ahead of what the network's time server says, and was set" in screen.words
    finally:
        machine.cut()
        wire.close()


@pytest.mark.boot_slow
def test_a_root_cluster_or_ca_from_dhcp_is_not_heard(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    words = (b"hardpan.root={}", b"hardpan.cluster=sha256:" + b"0" * 64, b"hardpan.ca=mine")
    # The options beside ours, the one for whole options of iPXE, and the boot file's name.
    wire = Wire(for_system={226: words[0], 227: words[1], 228: words[2], 175: b" ".join(words), 67: words[0]})
    try:
        network = (*wire.words(), "-device", CARD)
        machine = machines(sticks.stick("offered", site.credentials), [blank_disk(tmp_path)], network=network)
        machine.switch_on()
        screen = registered(machine)
        assert site.said(screen.rows["node"], "Approved") == ("True", "ApprovedByToken")
        assert screen.rows["control plane"] == f"{site.url} (from the boot medium)"
        assert "ignored" not in screen.words
    finally:
        machine.cut()
        wire.close()


@pytest.mark.boot_slow
def test_smbios_outweighs_fw_cfg_which_outweighs_the_medium(
    site: GuestSite, sticks: Media, machines: Make, tmp_path: Path
) -> None:
    name, value = "hardpan.gateway", "io.systemd.credential:hardpan.gateway"
    more = ("-smbios", f"type=11,value={value}={site.url}")
    more += ("-fw_cfg", f"name=opt/io.systemd.credentials/{name},string=https://10.0.2.2:1")
    more += ("-fw_cfg", f"name=opt/io.systemd.credentials/hardpan.token,string={site.token}")
    stick = sticks.stick("channels", {name: "https://10.0.2.2:2", "hardpan.token": "rack:" + "A" * 43 + "="})
    machine = machines(stick, [blank_disk(tmp_path)], more=more)
    machine.switch_on()
    screen = registered(machine)
    assert screen.rows["control plane"] == f"{site.url} (from SMBIOS)"
    assert site.said(screen.rows["node"], "Approved") == ("True", "ApprovedByToken")
