"""Stands in for a load balancer: ports on the demo's network lead to ports of the Kubernetes node."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from cli.demo.processes import Processes


@dataclass(frozen=True)
class Way:
    """A port, the same on both sides, under a name for its process."""

    name: str
    port: int


def expose(processes: Processes, address: str, node: IPv4Address, ways: tuple[Way, ...]) -> None:
    """Bytes pass as they are, so that TLS is between node and pod."""
    for way in ways:
        processes.start(_process(way), words(way, address, node))


def words(way: Way, address: str, node: IPv4Address) -> list[str]:
    """The program of one way. Pure."""
    listen = f"TCP6-LISTEN:{way.port},bind=[{address}],reuseaddr,fork,backlog=128"
    return ["socat", listen, f"TCP4:{node}:{way.port}"]


def withdraw(processes: Processes, ways: tuple[Way, ...]) -> None:
    """Also the connections that are on their way."""
    for way in ways:
        if (process := processes.find(_process(way))) is not None:
            process.kill()
        processes.stop(_process(way))


def _process(way: Way) -> str:
    return f"exposed-{way.name}"
