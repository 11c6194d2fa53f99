"""Who breaks out of a guest is in QEMU: from there the node's own network is not reached, on loopback neither."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import IPv6Interface, IPv6Network

import pytest

from sal.command import Command, SystemRunner
from sal.links import ensure_bridge, ensure_tap
from sal.nftables import Guard, Nftables
from sal.users import FIRST, MANY
from tests.system.as_user import as_user
from tests.system.own_network import own_network
from tests.system.requirements import need
from tests.system.taps import take_tap


@pytest.fixture(autouse=True)
def _guarded() -> Iterator[None]:
    """A network of our own with the node's filter."""
    need("netns", "nft")
    with own_network():
        runner = SystemRunner()
        runner.run(Command(("ip", "link", "set", "lo", "up")))
        Nftables(runner).ensure(Guard("hp0", IPv6Network("47d:a40a:ded2:38e0::/64"), "hpo0"))
        yield


@pytest.mark.parametrize("address", ["::1", "127.0.0.1"])
@pytest.mark.parametrize("user", [FIRST, FIRST + MANY - 1])
def test_a_hypervisor_sends_nothing_by_a_socket_of_its_own(address: str, user: int) -> None:
    assert as_user(user, lambda: _send(address)) == "refused"


@pytest.mark.parametrize("address", ["::1", "127.0.0.1"])
@pytest.mark.parametrize("user", [0, 65_534, FIRST - 1, FIRST + MANY])
def test_everybody_else_does(address: str, user: int) -> None:
    assert as_user(user, lambda: _send(address)) == "done"


def test_nobody_takes_the_port_of_a_machine_that_is_not_running() -> None:
    ensure_bridge("hp0", IPv6Interface("47d:a40a:ded2:38e0::1/64"))
    ensure_tap("hp-idle", "hp0", "a machine's")
    assert as_user(FIRST, lambda: take_tap("hp-idle")) == "refused"
    assert as_user(0, lambda: take_tap("hp-idle")) == "done"


def _send(address: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"out", (address, 9))
