"""The demo's network: a bridge on this machine and one namespace per node, by `ip` because it makes namespaces."""

from __future__ import annotations

from collections.abc import Iterable

from cli.demo.layout import NODE_LINK, PREFIX_LENGTH, Layout, NodeLayout
from sal.command import Command, Runner

BRIDGE_CARD = "02:68:70:00:00:01"


class DemoNetwork:
    """Makes and removes it; both may be repeated."""

    def __init__(self, layout: Layout, runner: Runner) -> None:
        self._layout = layout
        self._runner = runner

    def ensure(self) -> None:
        """The bridge, with this machine's address on it."""
        self._ip("link add", self._layout.bridge, "type bridge", tolerate=True)
        # Without an address of its own it has the lowest of its cables', and who leaves would take that along.
        self._ip("link set", self._layout.bridge, f"address {BRIDGE_CARD} up")
        self._ip("address replace", f"{self._layout.address}/{PREFIX_LENGTH}", "dev", self._layout.bridge, "nodad")

    def ensure_node(self, node: NodeLayout) -> None:
        """A namespace with a cable to the bridge."""
        self._ip("netns add", node.namespace, tolerate=True)
        link = f"type veth peer name {NODE_LINK} netns {node.namespace}"
        self._ip("link add", node.host_link, link, tolerate=True)
        self._ip("link set", node.host_link, f"master {self._layout.bridge} up")
        inside = f"-n {node.namespace}"
        self._ip(inside, "link set lo up")
        self._ip(inside, "address replace", f"{node.address}/{PREFIX_LENGTH}", "dev", NODE_LINK, "nodad")
        self._ip(inside, "link set", NODE_LINK, "up")

    def route(self, node: NodeLayout, prefix: str, via: NodeLayout) -> None:
        """Stands in for the overlay daemon: machines of another node are reached by way of it."""
        self._ip(f"-n {node.namespace} -6 route replace", prefix, f"via {via.address} dev {NODE_LINK}")

    def processes(self, node: NodeLayout) -> list[int]:
        """The processes in a node's namespace."""
        output = self._runner.run(Command(("ip", "netns", "pids", node.namespace), accepted_codes=(0, 1, 255)))
        return [int(line) for line in output.text.split()]

    def remove(self, numbers: Iterable[int]) -> None:
        """No namespace, cable or bridge is left."""
        for number in numbers:
            self.remove_node(self._layout.node(number))
        self._ip("link delete", self._layout.bridge, tolerate=True)

    def remove_node(self, node: NodeLayout) -> None:
        """Its namespace and cable."""
        self._ip("link delete", node.host_link, tolerate=True)
        self._ip("netns delete", node.namespace, tolerate=True)

    def _ip(self, *words: str, tolerate: bool = False) -> None:
        codes = (0, 1, 2) if tolerate else (0,)
        self._runner.run(Command(("ip", *(" ".join(words).split())), accepted_codes=codes))
