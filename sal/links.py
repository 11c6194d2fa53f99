"""Links, addresses and routes by netlink, in the network namespace that this process is in."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path
from socket import AF_INET6
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from sal.errors import SalError

MTU = 1400
# The machines' gateway. Without one of its own a bridge has the lowest address of its ports, which goes with that port:
# when one machine ended, others would lose their way out until they ask anew who the gateway is.
GATEWAY_CARD = "02:68:70:00:00:01"
FORWARDING = Path("/proc/sys/net/ipv6/conf/all/forwarding")
_UP = 0x1
_MAIN_TABLE = 254


@dataclass(frozen=True)
class Route:
    """A route to a network by way of a neighbour on a link."""

    network: IPv6Network
    via: IPv6Address
    link: str


@dataclass(frozen=True)
class Link:
    """A link as it is. `bridge` is empty for none; `carrier` of a tap says whether a program has it open."""

    name: str
    up: bool
    bridge: str
    kind: str
    carrier: bool
    mtu: int
    alias: str = ""


def ensure_bridge(name: str, address: IPv6Interface) -> tuple[str, ...]:
    """A bridge that is up, with its address and forwarding on. Returns what was not so, in words."""
    with _netlink() as ip:
        before = _links(ip).get(name)
        missing = _shortcomings(before, name)
        if before is None:
            ip.link("add", ifname=name, kind="bridge", address=GATEWAY_CARD)
        index = _index(ip, name)
        if missing:
            ip.link("set", index=index, state="up", mtu=MTU)
        if not _has_address(ip, index, address):
            missing += (f"{name} had not the address {address}",)
            # nodad (0x02): the address is ours alone, and duplicate detection would delay it by a second.
            options = {"index": index, "address": str(address.ip), "prefixlen": address.network.prefixlen}
            _tolerant(ip.addr, "add", **options, flags=0x02)
    if FORWARDING.read_text().strip() != "1":
        FORWARDING.write_text("1")
        missing += ("forwarding was off",)
    return missing


def _shortcomings(link: Link | None, name: str) -> tuple[str, ...]:
    if link is None:
        return (f"{name} was gone",)
    down = () if link.up else (f"{name} was down",)
    return down if link.mtu == MTU else (*down, f"{name} had mtu {link.mtu}")


def _has_address(ip: Any, index: int, address: IPv6Interface) -> bool:
    found = ip.get_addr(family=AF_INET6, index=index)
    wanted = (address.ip, address.network.prefixlen)
    return any((IPv6Address(each.get_attr("IFA_ADDRESS")), each["prefixlen"]) == wanted for each in found)


def ensure_tap(name: str, bridge: str, alias: str) -> None:
    """A persistent tap on the bridge, up. The alias says whose it is."""
    with _netlink() as ip:
        if not ip.link_lookup(ifname=name):
            # One without an owner is anybody's who may open /dev/net/tun, which where udev runs is everybody.
            ip.link("add", ifname=name, kind="tuntap", mode="tap", uid=0)
        index = _index(ip, name)
        ip.link("set", index=index, master=_index(ip, bridge), state="up", mtu=MTU, ifalias=alias)


def absent_link(name: str) -> None:
    """No link of this name; one that is gone already is no error."""
    with _netlink() as ip:
        for index in ip.link_lookup(ifname=name):
            _tolerant(ip.link, "del", index=index)


def link_names(prefix: str = "") -> tuple[str, ...]:
    """The links whose names begin so."""
    return tuple(sorted(each.name for each in links(prefix)))


def links(prefix: str = "") -> tuple[Link, ...]:
    """The links whose names begin so, as they are."""
    with _netlink() as ip:
        return tuple(each for name, each in _links(ip).items() if name.startswith(prefix))


def _links(ip: Any) -> dict[str, Link]:
    """Every link by name."""
    found = list(ip.get_links())
    names = {each["index"]: str(each.get_attr("IFLA_IFNAME")) for each in found}
    return {names[each["index"]]: _link(each, names) for each in found}


def _link(each: Any, names: dict[int, str]) -> Link:
    about = each.get_attr("IFLA_LINKINFO")
    return Link(
        name=names[each["index"]],
        up=bool(each["flags"] & _UP),
        bridge=names.get(each.get_attr("IFLA_MASTER") or 0, ""),
        kind=str(about.get_attr("IFLA_INFO_KIND") or "") if about else "",
        carrier=bool(each.get_attr("IFLA_CARRIER")),
        mtu=int(each.get_attr("IFLA_MTU") or 0),
        alias=str(each.get_attr("IFLA_IFALIAS") or ""),
    )


def ensure_routes(routes: Iterable[Route]) -> tuple[str, ...]:
    """Routes as given; ones that are there with another way are replaced. Returns what was not so, in words."""
    missing: tuple[str, ...] = ()
    with _netlink() as ip:
        known = {_way(each) for each in ip.get_routes(family=AF_INET6, table=_MAIN_TABLE)}
        for route in routes:
            index = _index(ip, route.link)
            if (str(route.network), str(route.via), index) not in known:
                ip.route("replace", family=AF_INET6, dst=str(route.network), gateway=str(route.via), oif=index)
                missing += (f"the route to {route.network} was gone or led elsewhere",)
    return missing


def _way(route: Any) -> tuple[str, str, int]:
    """Destination, neighbour and link of a route."""
    network = f"{route.get_attr('RTA_DST')}/{route['dst_len']}"
    return network, str(route.get_attr("RTA_GATEWAY")), int(route.get_attr("RTA_OIF") or 0)


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
