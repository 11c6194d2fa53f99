"""The node's network as one seam: a bridge with a filter, and a port per machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Interface, IPv6Network
from typing import Protocol

from sal import links
from sal.addresses import PORT_PREFIX, gateway_address
from sal.links import Route
from sal.nftables import Guard, Nftables, Port


@dataclass(frozen=True)
class NodeNetwork:
    """What a node's network is: its /64, its bridge, the link to other nodes, routes to them where they are static."""

    prefix: IPv6Network
    bridge: str
    overlay: str
    routes: tuple[Route, ...] = ()


class Network(Protocol):
    """What the executor needs of the network."""

    def ensure(self, network: NodeNetwork) -> tuple[str, ...]:
        """Bridge, filter and routes are as given. Returns what somebody had changed meanwhile, in words."""

    def ensure_port(self, network: NodeNetwork, port: Port) -> None:
        """The machine's port is up and pinned."""

    def absent_port(self, name: str) -> None:
        """No such port and no rule for it."""

    def ports(self, network: NodeNetwork) -> tuple[Port, ...]:
        """The ports that are up, on the bridge and pinned to the addresses of one machine, and to no others."""

    def taps(self) -> dict[str, bool]:
        """All ports that are called like ours, and whether each has the mark that it was made with."""

    def is_held(self, name: str) -> bool:
        """Whether a process has the port open, in whatever state it is."""


class LinuxNetwork:
    """The real network, in the namespace that this process is in."""

    def __init__(self, filters: Nftables) -> None:
        self._filters = filters
        self._made = False

    def ensure(self, network: NodeNetwork) -> tuple[str, ...]:
        """See Network. A route whose link is missing is told after all else was done."""
        gateway = IPv6Interface((gateway_address(network.prefix), network.prefix.prefixlen))
        known = self._made
        missing = links.ensure_bridge(network.bridge, gateway)
        if self._filters.ensure(Guard(network.bridge, network.prefix, network.overlay)):
            missing += ("the packet filter was not as loaded",)
        self._made = True
        missing += links.ensure_routes(network.routes)
        return missing if known else ()

    def ensure_port(self, network: NodeNetwork, port: Port) -> None:
        """See Network; pinned before it is up."""
        self._filters.ensure_port(port)
        links.ensure_tap(port.name, network.bridge, _mark(port.name))

    def absent_port(self, name: str) -> None:
        """See Network."""
        links.absent_link(name)
        self._filters.absent_port(name)

    def ports(self, network: NodeNetwork) -> tuple[Port, ...]:
        """See Network."""
        pinned = pins(self._filters.elements())
        there = [each for each in links.links(PORT_PREFIX) if each.up and each.bridge == network.bridge]
        return tuple(pinned[each.name] for each in there if each.name in pinned)

    def taps(self) -> dict[str, bool]:
        """See Network."""
        return {each.name: each.alias == _mark(each.name) for each in links.links(PORT_PREFIX)}

    def is_held(self, name: str) -> bool:
        """See Network."""
        return any(each.carrier for each in links.links(name))


def _mark(name: str) -> str:
    return f"hardpan {name}"


def pins(elements: Iterable[tuple[str, str, str]]) -> dict[str, Port]:
    """The ports that have exactly the elements of one machine, by name."""
    by_name: dict[str, set[tuple[str, str, str]]] = {}
    for each in elements:
        by_name.setdefault(each[0], set()).add(each)
    guessed = (Port(name, mac, IPv6Address(address)) for own in by_name.values() for name, mac, address in own)
    return {port.name: port for port in guessed if by_name[port.name] == set(port.elements)}


class MemoryNetwork:
    """A network that is only remembered, for tests and simulated nodes."""

    def __init__(self) -> None:
        self.network: NodeNetwork | None = None
        self.by_name: dict[str, Port] = {}

    def ensure(self, network: NodeNetwork) -> tuple[str, ...]:
        """See Network."""
        self.network = network
        return ()

    def ensure_port(self, network: NodeNetwork, port: Port) -> None:
        """See Network."""
        self.by_name[port.name] = port

    def absent_port(self, name: str) -> None:
        """See Network."""
        self.by_name.pop(name, None)

    def ports(self, network: NodeNetwork) -> tuple[Port, ...]:
        """See Network."""
        return tuple(self.by_name.values())

    def taps(self) -> dict[str, bool]:
        """See Network."""
        return dict.fromkeys(self.by_name, True)

    def is_held(self, name: str) -> bool:
        """See Network; what is only remembered cannot be taken from a guest."""
        return True
