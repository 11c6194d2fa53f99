"""A node that starts over the network goes to another image by an order, and is back on its own when that is broken."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from cli.bootstrap_fleet import nodes
from efi.bootstrap.app import create
from efi.bootstrap.offer import Catalogue
from efi.bootstrap.pin_book import PinBook
from efi.bootstrap.pins import Node
from efi.bootstrap.serving import Address, configuration
from efi.bootstrap.shelf import Shelf
from efi.bootstrap.site import Medium, Site, image_of
from efi.credentials import Credentials
from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import CARD, Machine, blank_disk
from tests.boot.releases import ImageServer, Operator
from tests.boot.test_media import IPXE
from tests.boot.test_updates import BOOT_SECONDS, is_shut_out, made, registered
from tests.system.node_site import free_port
from tests.system.requirements import miss

pytestmark = [pytest.mark.system, pytest.mark.timeout(3600), pytest.mark.boot_slow]
Make = Callable[..., Machine]
SCRIPT = "/sites/rack-7/cloud/current/boot-with-token.ipxe"


@dataclass(frozen=True)
class SiteFleet:
    """The nodes and listed releases of a site that are in memory."""

    site: GuestSite

    def nodes(self) -> tuple[Node, ...]:
        """See Fleet."""
        listed = {"conditions": [{"type": "Ready", "status": "True"}]}
        releases = (
            {"kind": "Release", "metadata": {"name": name}, "spec": spec, "status": listed}
            for name, spec in self.site.cluster.releases.items()
        )
        return nodes([*({**each.raw, "kind": "Node"} for each in self.site.caches.nodes.all()), *releases])


@pytest.fixture
def operator(site: GuestSite, tmp_path: Path) -> Iterator[Operator]:
    """Who releases images."""
    (tmp_path / "served").mkdir()
    server = ImageServer(tmp_path / "served")
    yield Operator(site, server)
    server.close()


@pytest.fixture
def serve(site: GuestSite, sticks: Media, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts a bootstrap server that pins the site's nodes, the site's own image first; where its script is."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(*images: bytes) -> str:
        port, shelf = free_port(), Shelf(tmp_path / "shelf", sticks.tools)
        for each in images:
            shelf.put(image_of(each), each)
        beside = Credentials(site.url, site.token, {})
        site_files = Site("rack-7", beside, tuple(map(image_of, images)), frozenset({Medium.IPXE}))
        app = create(Catalogue((site_files,)), shelf, PinBook(tmp_path / "pins.json", SiteFleet(site)))
        server = uvicorn.Server(configuration(app, Address("127.0.0.1", port)))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
        thread.start()
        running.append((server, thread))
        return f"http://10.0.2.2:{port}{SCRIPT}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def switched_on(sticks: Media, machines: Make, tmp_path: Path) -> Callable[[str], Machine]:
    """A machine that starts by iPXE and this script, and restarts by itself."""
    if not IPXE.exists():
        miss("a boot by iPXE needs ipxe: run `make setup` as root")
    loader = Media(IPXE.read_bytes(), sticks.tools, tmp_path).stick("ipxe", {})

    def start(script: str) -> Machine:
        network = ("-netdev", f"user,id=n0,bootfile={script}", "-device", CARD)
        more = ("-uuid", str(uuid.uuid4()))
        machine = machines(loader, [blank_disk(tmp_path)], network=network, more=more, restarts=True)
        machine.switch_on()
        return machine

    return start


def test_an_ordered_image_is_tried_and_kept_and_a_broken_one_is_left_by_itself(
    site: GuestSite,
    sticks: Media,
    operator: Operator,
    serve: Callable[..., str],
    switched_on: Callable[[str], Machine],
    tmp_path: Path,
) -> None:
    good, broken = made(site, tmp_path, "0.2.0"), is_shut_out(site, tmp_path)
    machine = switched_on(serve(sticks.image, good, broken))
    node = registered(machine)
    operator.release("good", good, "0.2.0")
    operator.ask(node, "good")
    current = ("True", "Current", "version 0.2.0, flavour cloud")
    machine.wait(lambda: operator.told(node) == current or None, "the new image", BOOT_SECONDS)
    screen = machine.shows("Reporting since", 30.0)
    assert (screen.text.splitlines()[0], screen.rows["node"]) == ("Hardpan 0.2.0", node)
    operator.release("broken", broken, "0.3.0")
    operator.ask(node, "broken")
    told = operator.hears(machine, node, "FellBack", 2 * BOOT_SECONDS)
    assert told.startswith("version 0.3.0 did not become a node; it came as far as this: ")
    assert registered(machine) == node
    assert machine.shows("Reporting since", 30.0).text.startswith("Hardpan 0.2.0")
    operator.release("too-old", sticks.image, "0.1.0")
    operator.ask(node, "too-old")
    operator.hears(machine, node, "OlderThanRan", 120.0)
    machine.cut()
    machine.switch_on()
    assert registered(machine) == node
    assert machine.shows("Reporting since", 30.0).text.startswith("Hardpan 0.2.0")
