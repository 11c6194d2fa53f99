"""Nodes as processes of this machine, in namespaces of their own: quick, and without firmware."""

from __future__ import annotations

from cli.demo.cloud import DemoCloud
from cli.demo.hardware import BACK
from cli.demo.steps import Steps
from cli.errors import CliError


class InNamespaces:
    """See Hardware."""

    def __init__(self, cloud: DemoCloud, booted: bool) -> None:
        self._cloud, self._booted = cloud, booted

    def bring_up(self, steps: Steps) -> None:
        """See Hardware. Raises CliError where the demo is up with booted machines."""
        if self._booted and not self._cloud.numbers:
            raise CliError("the demo is up with booted nodes: take it down first (make demo-down)")
        with steps.step("node-1, node-2: registered, approved by token demo"):
            for number in (1, 2):
                self._cloud.start_node(number)
            nodes = self._cloud.await_nodes(2)
        for node in nodes:
            steps.say(f"    {node['metadata']['name']}")

    def lines(self) -> list[str]:
        """See Hardware."""
        return [line for number in (1, 2) for line in self._cloud.console(number)]

    def hurt(self, steps: Steps) -> None:
        """See Hardware: the hypervisor process of web-0 is killed."""
        with steps.step("web-0 killed: back, with what its volume held"):
            if not any(BACK in line for line in self.lines()):
                # Its peer reaches it over the network before it has said on its console who it is.
                self._cloud.await_line(self.lines, "web-0 ready")
                self._cloud.kill_machine("web-0")
            self._cloud.await_line(self.lines, BACK)
            self._cloud.await_ready("web")
