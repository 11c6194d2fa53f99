"""An embedded Kubernetes that runs real pods: the control plane on this machine, one node in namespaces of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

from cli.demo.kubernetes import EmbeddedKubernetes, Place
from cli.demo.pki import Subject
from cli.demo.pods import images
from cli.demo.pods.agent import PROCESS, Agent
from cli.demo.pods.configuration import PAUSE
from cli.demo.pods.layout import PodsLayout
from cli.demo.tools import Tools
from cli.kubectl import Kubectl
from sal.command import Runner
from sal.errors import SalError

READY_SECONDS = 60.0
SCHEDULER = "kube-scheduler"


class PodsKubernetes:
    """Starts and stops it in a folder. `name` and `number` keep several on one machine apart."""

    ours = True

    def __init__(self, layout: PodsLayout, runner: Runner, tools: Tools, *, durable: bool = True) -> None:
        self._layout, self._runner, self._tools = layout, runner, tools
        place = Place(str(layout.host.ip), layout.services, kubelets=True)
        self._control = EmbeddedKubernetes(layout.folder / "control", tools, durable=durable, place=place)
        self.processes = self._control.processes
        self._agent = Agent(layout, runner, tools, self.processes)

    @property
    def label(self) -> str:
        """See Kubernetes."""
        return self._control.label.replace("(embedded)", "(embedded, with pods)")

    @property
    def kubeconfig(self) -> Path:
        """See Kubernetes."""
        return self._control.kubeconfig

    @property
    def kubectl(self) -> tuple[str, ...]:
        """See Kubernetes."""
        return self._control.kubectl

    @property
    def helm(self) -> Path:
        """The program that installs charts."""
        return self._tools.helm

    @property
    def node_address(self) -> IPv4Address:
        """Where NodePorts of Services are."""
        return self._layout.node.ip

    def start(self) -> None:
        """See Kubernetes; the node is Ready then. Raises SalError with the last words of what failed."""
        self._agent.lay()
        self._control.start()
        self._start_scheduler()
        self._agent.start(self._control)
        self._await(lambda: self._layout.socket.exists(), "containerd")
        self.load_image(self._pause())
        self._await(self._node_ready, "the node")

    def _start_scheduler(self) -> None:
        config = self._layout.folder / "control" / "scheduler.kubeconfig"
        self._control.write_client(config, Subject("system:kube-scheduler"))
        words = [str(self._tools.kube), SCHEDULER, f"--kubeconfig={config}", "--leader-elect=false", "--secure-port=0"]
        self.processes.start(SCHEDULER, words)

    def _pause(self) -> Path:
        file = self._layout.folder / "pause.tar"
        if not file.exists():
            images.write_busybox(file, PAUSE)
        return file

    def _node_ready(self) -> bool:
        kubectl = Kubectl(self._runner, self.kubeconfig, self.kubectl)
        found = kubectl.get("nodes", self._layout.name) or {}
        conditions = found.get("status", {}).get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def _await(self, ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if self.processes.find(PROCESS) is None or time.monotonic() > deadline:
                words = self.processes.last_words(PROCESS)
                raise SalError(f"{what} did not come up; the logs are in {self._layout.logs}: {words}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Takes it down: no process, mount, namespace, interface or control group of it is left."""
        self._agent.stop()
        self.processes.stop(SCHEDULER)
        self._control.stop()

    def load_image(self, file: Path) -> None:
        """An OCI or Docker image tar, for pods to use without a registry."""
        images.load(self._runner, self._layout.socket, file)
