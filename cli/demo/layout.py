"""Where everything of the demo is, and what it is called on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.demo.pods.layout import PodsLayout

PREFIX_LENGTH = 64
NODE_LINK = "hpo0"
POOL_BYTES = 4 << 30


@dataclass(frozen=True)
class NodeLayout:
    """One node: its number (from 1), its folder, and the cloud's name and subnet, of which its own are made."""

    number: int
    folder: Path
    cloud: str
    subnet: str

    @property
    def name(self) -> str:
        """For people."""
        return f"node-{self.number}"

    @property
    def namespace(self) -> str:
        """Its network namespace."""
        return f"{self.cloud}-{self.number}"

    @property
    def host_link(self) -> str:
        """The host's end of its cable."""
        return f"{self.cloud}-n{self.number}"

    @property
    def address(self) -> str:
        """Its address on the demo's network."""
        return f"{self.subnet}::1:{self.number}"

    @property
    def disk(self) -> Path:
        """The file that is its disk."""
        return self.folder / "disk.img"

    @property
    def mount(self) -> Path:
        """Where the disk is mounted, inside its mount namespace."""
        return self.folder / "pool"

    @property
    def medium(self) -> Path:
        """Its boot medium."""
        return self.folder / "medium"

    @property
    def settings(self) -> Path:
        """How the node is run."""
        return self.folder / "settings.json"


@dataclass(frozen=True)
class Layout:
    """The demo's folder, its name on this machine, the first 48 bits of its network, and the number of its pods'."""

    folder: Path
    name: str = "hpdemo"
    subnet: str = "fd68:7264:706e"
    number: int = 0

    @property
    def bridge(self) -> str:
        """The bridge that joins its nodes."""
        return f"{self.name}0"

    @property
    def address(self) -> str:
        """This machine's address there: gateway and queue listen on it."""
        return f"{self.subnet}::1"

    @property
    def kubernetes(self) -> Path:
        """The embedded cluster."""
        return self.folder / "kubernetes"

    @property
    def pods(self) -> PodsLayout:
        """The embedded cluster, where it runs pods."""
        return PodsLayout(self.folder / "pods", self.name, self.number)

    @property
    def kubeconfig(self) -> Path:
        """What `export KUBECONFIG=` is given."""
        return self.folder / "kubeconfig"

    @property
    def config(self) -> Path:
        """What `export HARDPAN_CONFIG=` is given: the pinned trust of the demo's user."""
        return self.folder / "config.json"

    @property
    def site(self) -> Path:
        """The operator's folder."""
        return self.folder / "site"

    @property
    def keys(self) -> Path:
        """Keys of the demo's people."""
        return self.folder / "keys"

    @property
    def pki(self) -> Path:
        """X.509 of the site."""
        return self.folder / "pki"

    @property
    def redis(self) -> Path:
        """The queue."""
        return self.folder / "redis"

    @property
    def control_plane(self) -> Path:
        """Logs and pids of the controllers."""
        return self.folder / "control-plane"

    @property
    def images(self) -> Path:
        """Images that come with the media."""
        return self.folder / "images"

    @property
    def manifest(self) -> Path:
        """The deployment that is shown."""
        return self.folder / "web.yaml"

    @property
    def programs(self) -> Path:
        """What the demo's user calls: hardpan, and kubectl where the machine has none."""
        return self.folder / "bin"

    @property
    def log(self) -> Path:
        """What the demo did."""
        return self.folder / "demo.log"

    def node(self, number: int) -> NodeLayout:
        """One node."""
        return NodeLayout(number, self.folder / f"node-{number}", self.name, self.subnet)
