"""Where everything of the node that runs pods is, and its addresses; name and number keep several apart."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

LINK = "eth0"


@dataclass(frozen=True)
class PodsLayout:
    """The node's folder, its name on this machine (10 characters at most), and a number that nobody else has."""

    folder: Path
    name: str
    number: int

    @property
    def cable(self) -> str:
        """The host's end of its cable; the node's is called `LINK`."""
        return f"{self.name}-pods"

    @property
    def loose_end(self) -> str:
        """What the node's end is called until it is in the node."""
        return f"{self.name}-node"

    @property
    def host(self) -> IPv4Interface:
        """The host's address on the cable: the API server is there."""
        return IPv4Interface(f"10.44.{self.number}.1/30")

    @property
    def node(self) -> IPv4Interface:
        """The node's address: NodePorts, kubelet and DNS are there."""
        return IPv4Interface(f"10.44.{self.number}.2/30")

    @property
    def pods(self) -> IPv4Network:
        """The addresses of pods."""
        return IPv4Network(f"10.42.{self.number}.0/24")

    @property
    def services(self) -> IPv4Network:
        """The addresses of Services."""
        return IPv4Network(f"10.43.{self.number}.0/24")

    @property
    def api_service(self) -> IPv4Address:
        """The API server's, as pods see it."""
        return self.services[1]

    @property
    def cgroup(self) -> str:
        """The control group that all pods are below."""
        return self.cable

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.folder / "containerd.sock"

    @property
    def containerd(self) -> Path:
        """What containerd keeps: images, and the file systems of containers."""
        return self.folder / "containerd"

    @property
    def kubelet(self) -> Path:
        """What kubelet keeps: volumes of pods."""
        return self.folder / "kubelet"

    @property
    def logs(self) -> Path:
        """What pods printed, and what the node's own programs did."""
        return self.folder / "log"

    @property
    def pki(self) -> Path:
        """Certificates and kubeconfigs of the node's programs."""
        return self.folder / "pki"

    @property
    def network(self) -> Path:
        """The CNI configuration."""
        return self.folder / "cni"

    @property
    def configuration(self) -> Path:
        """Configuration files of the node's programs."""
        return self.folder / "configuration"

    def kubeconfig(self, program: str) -> Path:
        """How one of the node's programs reaches the API server."""
        return self.pki / f"{program}.kubeconfig"
