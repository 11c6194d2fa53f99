"""Links, addresses and routes by netlink, in the network namespace that this process is in."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from sal.errors import SalError

MTU = 1400
FORWARDING = Path("/proc/sys/net/ipv6/conf/all/forwarding")


@dataclass(frozen=True)
class Route:
    """A route to a network by way of a neighbour on a link."""

    network: IPv6Network
    via: IPv6Address
    link: str


def ensure_bridge(name: str, address: IPv6Interface) -> None:
    """A bridge that is up, with its address and forwarding on."""
    with _netlink() as ip:
        if not ip.link_lookup(ifname=name):
            ip.link("add", ifname=name, kind="bridge")
        index = _index(ip, name)
        ip.link("set", index=index, state="up", mtu=MTU)
        # nodad (0x02): the address is ours alone, and duplicate detection would delay it by a second.
        options = {"index": index, "address": str(address.ip), "prefixlen": address.network.prefixlen}
        _tolerant(ip.addr, "add", **options, flags=0x02)
    if FORWARDING.read_text().strip() != "1":
        FORWARDING.write_text("1")


def ensure_tap(name: str, bridge: str) -> None:
    """A persistent tap on the bridge, up."""
    with _netlink() as ip:
        if not ip.link_lookup(ifname=name):
            ip.link("add", ifname=name, kind="tuntap", mode="tap")
        index = _index(ip, name)
        ip.link("set", index=index, master=_index(ip, bridge), state="up", mtu=MTU)


def absent_link(name: str) -> None:
    """No link of this name; one that is gone already is no error."""
    with _netlink() as ip:
        for index in ip.link_lookup(ifname=name):
            _tolerant(ip.link, "del", index=index)


def link_names(prefix: str = "") -> tuple[str, ...]:
    """The links whose names begin so."""
    with _netlink() as ip:
        names = (str(link.get_attr("IFLA_IFNAME")) for link in ip.get_links())
        return tuple(sorted(name for name in names if name.startswith(prefix)))


def ensure_routes(routes: Iterable[Route]) -> None:
    """Routes as given; ones that are there with another way are replaced."""
    with _netlink() as ip:
        for route in routes:
            index = _index(ip, route.link)
            ip.route("replace", family=10, dst=str(route.network), gateway=str(route.via), oif=index)


def _index(ip: Any, name: str) -> int:
    found = ip.link_lookup(ifname=name)
    if not found:
        raise SalError(f"there is no link {name}")
    return int(found[0])


def _tolerant(call: Any, *words: Any, **options: Any) -> None:
    """What is there, or gone, already is no error."""
    try:
        call(*words, **options)
    except NetlinkError as error:
        if error.code not in (errno.EEXIST, errno.ENODEV):
            raise


@contextmanager
def _netlink() -> Iterator[Any]:
    try:
        with IPRoute() as ip:
            yield ip
    except NetlinkError as error:
        raise SalError(f"netlink: {error}") from None
