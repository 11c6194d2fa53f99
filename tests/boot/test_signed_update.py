"""The operator brings a booted node to another image by command; a signed machine runs on it before and after."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.demo.boot import ENGINE, FLAVOUR, credentials
from cli.demo.booted import MEMORY_MEBIBYTES, PREFIX
from cli.demo.conditions import condition
from cli.image_options import Made, Wanted, make
from efi.esp import Content
from efi.usb import write_usb
from tests.boot.machine import CARD, Machine, blank_disk
from tests.boot.releases import ImageServer
from tests.cloud.cloud import Cloud
from tests.cloud.test_drain import hardpan
from tests.system.requirements import need

pytestmark = [pytest.mark.boot_slow, pytest.mark.timeout(2400)]
PATIENCE_SECONDS = 900.0
NETWORK = ("-netdev", f"user,id=n0,ipv4=on,ipv6=on,ipv6-prefix={PREFIX}", "-device", CARD)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A control plane without nodes."""
    need("root", "redis", "qemu", "ssh-keygen")
    with tempfile.TemporaryDirectory(prefix="hpu-") as folder:
        made = Cloud(Path(folder), name="hpupd", subnet="fd68:7264:0bda")
        try:
            made.demo.start_kubernetes()
            made.demo.make_site()
            made.digest = made.demo.build_guest()
            made.demo.network.ensure()
            made.demo.control_plane.start_redis()
            made.demo.control_plane.start_controllers()
            made.demo.patience_seconds = PATIENCE_SECONDS
            yield made
        finally:
            made.down()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ImageServer]:
    """Where images are fetched from."""
    (tmp_path / "served").mkdir()
    made = ImageServer(tmp_path / "served")
    yield made
    made.close()


def image(cloud: Cloud, version: str = "") -> Made:
    """An image of the cloud's site that can run machines."""
    authority = cloud.demo.control_plane.authority.pair.certificate
    guests = tuple(sorted(cloud.demo.layout.images.glob("sha256-*")))
    folder = cloud.demo.site.folder
    return make(Wanted(FLAVOUR, folder, authority, None, options=(ENGINE,), guests=guests, version=version))


def test_a_signed_machine_is_back_after_its_node_went_to_another_image(
    cloud: Cloud, machines: Callable[..., Machine], server: ImageServer, tmp_path: Path
) -> None:
    old, stick = image(cloud), tmp_path / "stick.img"
    write_usb(old.tools, stick, Content(old.image, credentials(cloud.demo).files()))
    machine = machines(
        stick, [blank_disk(tmp_path)], network=NETWORK, memory=MEMORY_MEBIBYTES, keeps=True, restarts=True
    )
    machine.switch_on()
    node = machine.shows("Reporting since", PATIENCE_SECONDS).rows["node"]
    cloud.demo.await_ready_nodes(1)
    cloud.deploy("metal", 1)
    before = cloud.machines("metal")["metal-0"]
    _release(cloud, server, tmp_path)
    code, printed = hardpan(cloud, "node", "upgrade", node, "--image", "0.2.0")
    assert code == 0, printed
    assert f"  ✓ {node}  is up to date, 1 machines run" in printed
    after = cloud.machines("metal")["metal-0"]
    assert (after["metadata"]["uid"], after["spec"]["node"]) == (before["metadata"]["uid"], node)
    assert condition(after, "Ready") == "True"
    assert machine.shows("Reporting since", 30.0).text.startswith("Hardpan 0.2.0")


def _release(cloud: Cloud, server: ImageServer, folder: Path) -> None:
    newer = folder / "hardpan-0.2.0.efi"
    newer.write_bytes(image(cloud, "0.2.0").image)
    url = server.put(newer.name, newer.read_bytes())
    words = ("release", "create", str(newer), "--url", url, "--site", str(cloud.demo.site.folder))
    code, printed = hardpan(cloud, *words, "--key", str(cloud.demo.layout.keys / "root-1"))
    assert code == 0, printed
