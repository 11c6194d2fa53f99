"""k3s as the demo's Kubernetes where the user has it: its API server and store only, in a folder of the demo.

No registry that a test machine reaches serves k3s, so this was tried with a stand-in for its program only.
"""

from __future__ import annotations

import time
from pathlib import Path

from cli.demo.ports import kept_ports
from cli.demo.processes import Processes
from cli.errors import CliError
from cli.kubectl import Kubectl
from sal.command import Runner
from sal.errors import SalError

READY_SECONDS = 90.0
LEFT_OUT = ("traefik", "servicelb", "metrics-server", "coredns", "local-storage")


class K3s:
    """A k3s server without an agent: it runs no pods."""

    ours = True

    def __init__(self, folder: Path, program: Path, runner: Runner) -> None:
        self._folder, self._program, self._runner = folder, program, runner
        self.processes = Processes(folder / "processes")
        self._ports = kept_ports(folder / "ports.json", ("api",))

    @property
    def label(self) -> str:
        """See Kubernetes."""
        return f"Kubernetes of {self._program}"

    @property
    def kubeconfig(self) -> Path:
        """See Kubernetes."""
        return self._folder / "kubeconfig"

    @property
    def kubectl(self) -> tuple[str, ...]:
        """See Kubernetes."""
        return (str(self._program), "kubectl")

    def start(self) -> None:
        """See Kubernetes."""
        self.processes.start("k3s", self.words())
        kubectl = Kubectl(self._runner, self.kubeconfig, self.kubectl)
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready(kubectl):
            if self.processes.find("k3s") is None or time.monotonic() > deadline:
                raise SalError(f"k3s did not come up: {self.processes.last_words('k3s')}")
            time.sleep(0.2)

    def stop(self) -> None:
        """See Kubernetes."""
        self.processes.stop("k3s", 10.0)

    def words(self) -> list[str]:
        """The command line: loopback only, no pods, no add-ons, webhooks reached directly."""
        return [
            str(self._program), "server", "--disable-agent",
            "--data-dir", str(self._folder / "data"), "--write-kubeconfig", str(self.kubeconfig),
            "--write-kubeconfig-mode", "0600", "--bind-address", "127.0.0.1", "--https-listen-port",
            str(self._ports["api"]), "--disable", ",".join(LEFT_OUT), "--disable-cloud-controller",
            "--disable-helm-controller", "--disable-network-policy", "--disable-kube-proxy",
            "--flannel-backend", "none", "--egress-selector-mode", "disabled",
        ]  # fmt: skip

    def _is_ready(self, kubectl: Kubectl) -> bool:
        if not self.kubeconfig.exists():
            return False
        try:
            return kubectl.run("get", "--raw", "/readyz").strip() == "ok"
        except CliError:
            return False
