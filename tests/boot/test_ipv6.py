"""A network without IPv4: the machine's address comes by router advertisement, and the control plane is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.boot.guest_site import GuestSite, Media
from tests.boot.machine import CARD, Machine, blank_disk
from tests.boot.relay import Relay
from tests.system.node_site import SEEN_BY_IPV6

pytestmark = [pytest.mark.system, pytest.mark.boot_slow, pytest.mark.timeout(600)]
BOOT_SECONDS = 240.0
ONLY_IPV6 = ("-netdev", f"user,id=n0,ipv4=off,ipv6=on,ipv6-net=fd00:6::/64,ipv6-host={SEEN_BY_IPV6}", "-device", CARD)


@pytest.fixture
def gateway(site: GuestSite) -> Iterator[str]:
    """The control plane's URL on that network."""
    port = urlsplit(site.url).port
    assert port is not None
    relay = Relay(port)
    yield f"https://[{SEEN_BY_IPV6}]:{port}"
    relay.close()


def test_a_machine_on_a_network_of_ipv6_alone_becomes_a_node(
    site: GuestSite, sticks: Media, machines: Callable[..., Machine], tmp_path: Path, gateway: str
) -> None:
    stick = sticks.stick("ipv6", site.credentials | {"hardpan.gateway": gateway})
    machine = machines(stick, [blank_disk(tmp_path)], network=ONLY_IPV6)
    machine.switch_on()
    screen = machine.shows("Reporting since", BOOT_SECONDS)
    assert screen.rows["addresses"].startswith("fd00:6::")
    assert screen.rows["addresses"].endswith("(eth0)")
    assert screen.rows["control plane"] == f"{gateway} (from the boot medium)"
    assert site.said(screen.rows["node"], "Ready") == ("True", "Reporting")
