"""The node's network as one seam: a bridge with a filter, and a port per machine."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Interface, IPv6Network
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

    def ensure(self, network: NodeNetwork) -> None:
        """Bridge, filter and routes are as given."""

    def ensure_port(self, network: NodeNetwork, port: Port) -> None:
        """The machine's port is up and pinned."""

    def absent_port(self, name: str) -> None:
        """No such port and no rule for it."""

    def ports(self) -> frozenset[str]:
        """The ports that are up and pinned."""


class LinuxNetwork:
    """The real network, in the namespace that this process is in."""

    def __init__(self, filters: Nftables) -> None:
        self._filters = filters

    def ensure(self, network: NodeNetwork) -> None:
        """See Network."""
        gateway = IPv6Interface((gateway_address(network.prefix), network.prefix.prefixlen))
        links.ensure_bridge(network.bridge, gateway)
        self._filters.ensure(Guard(network.bridge, network.prefix, network.overlay))
        links.ensure_routes(network.routes)

    def ensure_port(self, network: NodeNetwork, port: Port) -> None:
        """See Network; pinned before it is up."""
        self._filters.ensure_port(port)
        links.ensure_tap(port.name, network.bridge)

    def absent_port(self, name: str) -> None:
        """See Network."""
        links.absent_link(name)
        self._filters.absent_port(name)

    def ports(self) -> frozenset[str]:
        """See Network."""
        pinned = {element[0] for element in self._filters.elements()}
        return frozenset(pinned.intersection(links.link_names(PORT_PREFIX)))


class MemoryNetwork:
    """A network that is only remembered, for tests and simulated nodes."""

    def __init__(self) -> None:
        self.network: NodeNetwork | None = None
        self.by_name: dict[str, Port] = {}

    def ensure(self, network: NodeNetwork) -> None:
        """See Network."""
        self.network = network

    def ensure_port(self, network: NodeNetwork, port: Port) -> None:
        """See Network."""
        self.by_name[port.name] = port

    def absent_port(self, name: str) -> None:
        """See Network."""
        self.by_name.pop(name, None)

    def ports(self) -> frozenset[str]:
        """See Network."""
        return frozenset(self.by_name)
