"""Every path of a node, below one state directory, which is its pool. No other file joins path names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MachinePaths:
    """The folder of one machine. Root disk and seed carry a digest in their name: a file that exists is complete."""

    folder: Path

    @property
    def launch(self) -> Path:
        """What the machine was started with; written only while it is stopped."""
        return self.folder / "launch.json"

    def root(self, digest: str) -> Path:
        """The root disk made from an image and a size."""
        return self.folder / f"root-{digest}.raw"

    def seed(self, digest: str) -> Path:
        """The disk that tells the guest its name, address and environment."""
        return self.folder / f"seed-{digest}.img"


@dataclass(frozen=True)
class Paths:
    """The layout of a node's state directory."""

    state: Path

    @property
    def identity(self) -> Path:
        """Private keys and what was pinned at the first start."""
        return self.state / "@identity"

    @property
    def keys(self) -> Path:
        """The node's private keys; made once."""
        return self.identity / "keys.json"

    @property
    def starts(self) -> Path:
        """How often the node's programs were started with these keys."""
        return self.identity / "starts.json"

    @property
    def pin(self) -> Path:
        """Cluster and root document of the first start."""
        return self.identity / "pin.json"

    @property
    def certificate(self) -> Path:
        """The node's certificate, once a token or an operator signed one."""
        return self.identity / "certificate.json"

    @property
    def journal(self) -> Path:
        """SQLite: jobs, marks, what must run."""
        return self.state / "journal" / "journal.sqlite"

    @property
    def effects(self) -> Path:
        """One line per real start, stop, create and remove."""
        return self.state / "journal" / "effects.jsonl"

    @property
    def images(self) -> Path:
        """The content-addressed image store."""
        return self.state / "@images"

    @property
    def bin(self) -> Path:
        """Removed volumes that may come back."""
        return self.state / "@bin"

    @property
    def machines(self) -> Path:
        """One folder per machine."""
        return self.state / "@machines"

    @property
    def run(self) -> Path:
        """Sockets and locks of the running processes."""
        return self.state / "run"

    @property
    def socket(self) -> Path:
        """The one seam between agent and executor."""
        return self.run / "executor.sock"

    @property
    def executor_lock(self) -> Path:
        """Held by the one executor of this state directory."""
        return self.run / "executor.lock"

    @property
    def longest_socket(self) -> Path:
        """The longest path of a socket below the state directory: a machine's control socket."""
        return self.machine("m-" + "x" * 20).folder / "qmp.sock"

    @property
    def settings(self) -> Path:
        """The settings as the two processes read them."""
        return self.run / "settings.json"

    @property
    def refusals(self) -> Path:
        """What was refused, as a metric."""
        return self.run / "refused.prom"

    def process(self, name: str) -> Path:
        """Pid and start time of a process of the node."""
        return self.run / f"{name}.pid"

    def log(self, process: str) -> Path:
        """What a process of the node printed."""
        return self.run / f"{process}.log"

    @property
    def agent(self) -> Path:
        """The only folder that the agent writes."""
        return self.state / "agent"

    @property
    def status(self) -> Path:
        """The agent's state in one small JSON document."""
        return self.agent / "status.json"

    def machine(self, host_name: str) -> MachinePaths:
        """The folder of the machine with this host name."""
        return MachinePaths(self.machines / host_name)
