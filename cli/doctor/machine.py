"""The seam to a node: what the checks ask of the machine that they run on, and how it is really asked."""

from __future__ import annotations

import ctypes
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cli.doctor.certificates import certificate_end
from cli.errors import CliError
from node_agent import medium
from node_agent.agent.control import SocketExecutor, ask
from node_agent.agent.gateway import HttpGateway
from node_agent.errors import NodeError
from node_agent.messages import Hello, Welcome
from node_agent.settings import NodeSettings, load
from sal import btrfs, quota
from sal.command import Command, Runner, SystemRunner, find
from sal.errors import CommandError, SalError

_UNSYNCHRONISED = 0x0040


@dataclass(frozen=True)
class PoolFacts:
    """The node's disk: whether it is btrfs and can be written, how it counts (empty: not), how full, and its errors."""

    btrfs: bool
    writable: bool
    quota: str
    fullness: float
    errors: int = 0


class Machine(Protocol):
    """What can be asked; CliError or SalError where nobody answers."""

    @property
    def settings(self) -> NodeSettings:
        """How the node is run."""

    @property
    def now(self) -> datetime:
        """The time of this look."""

    def pool(self) -> PoolFacts:
        """The node's disk."""

    def opens(self, device: str) -> str:
        """Why a device cannot be opened; empty when it can."""

    def finds(self, program: str) -> bool:
        """Whether a program is installed."""

    def tables(self) -> frozenset[str]:
        """The tables of the packet filter, as `family name`."""

    def synchronised(self) -> bool:
        """Whether the kernel says that something keeps its clock right."""

    def certificate_ends(self) -> dict[str, datetime]:
        """The ends of the certificates that the node uses; none before it has some."""

    def runs(self, process: str) -> bool:
        """Whether `agent` or `executor` is there."""

    def executor(self) -> str:
        """Why the executor does not answer; empty when it does."""

    def journal(self) -> str:
        """Why the journal cannot be read whole; empty when it can."""

    def gateway(self) -> str:
        """Why the control plane cannot be reached; empty when it can."""


@dataclass(frozen=True)
class RealMachine:
    """This machine."""

    settings: NodeSettings
    runner: Runner = field(default_factory=SystemRunner)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, file: Path) -> RealMachine:
        """The node with these settings. Raises CliError."""
        if os.geteuid() != 0:
            raise CliError("a node's files are root's: run it as root")
        try:
            return cls(load(file))
        except NodeError as error:
            raise CliError(f"{error.message}; name the node's settings with --settings") from None

    def pool(self) -> PoolFacts:
        """See Machine."""
        state = self.settings.state
        if not btrfs.is_btrfs(state):
            return PoolFacts(False, os.access(state, os.W_OK), "", 0.0)
        usage, mode = os.statvfs(state), quota.mode(state)
        full = 1 - usage.f_bavail / usage.f_blocks if usage.f_blocks else 0.0
        writable = not usage.f_flag & os.ST_RDONLY
        return PoolFacts(True, writable, mode.value if mode else "", full, self._device_errors(state))

    def _device_errors(self, state: Path) -> int:
        said = self.runner.run(Command(("btrfs", "device", "stats", str(state)))).text
        return sum(int(line.split()[-1]) for line in said.splitlines() if line.strip())

    def opens(self, device: str) -> str:
        """See Machine."""
        try:
            os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def finds(self, program: str) -> bool:
        """See Machine."""
        return self.runner.run(Command(("which", program), accepted_codes=(0, 1))).code == 0

    def tables(self) -> frozenset[str]:
        """See Machine."""
        said = self.runner.run(Command(("nft", "list", "tables"), hint="install nftables; is nf_tables loaded?")).text
        return frozenset(line.removeprefix("table ").strip() for line in said.splitlines())

    def synchronised(self) -> bool:
        """See Machine; adjtimex(2), whose third word from the start of the flags is the status."""
        buffer = ctypes.create_string_buffer(512)
        state = ctypes.CDLL(None).adjtimex(buffer)
        status = int.from_bytes(buffer.raw[40:44], "little")
        return state >= 0 and not status & _UNSYNCHRONISED

    def certificate_ends(self) -> dict[str, datetime]:
        """See Machine."""
        files = {"the queue's certificate": self.settings.paths.agent / "queue.pem"}
        with suppress(NodeError):
            files["the gateway's authority"] = medium.load(self.settings.medium).ca
        return {name: certificate_end(file) for name, file in files.items() if file.exists()}

    def runs(self, process: str) -> bool:
        """See Machine."""
        try:
            pid, started = self.settings.paths.process(process).read_text().split()
        except (OSError, ValueError):
            return False
        return find(int(pid), int(started)) is not None

    def executor(self) -> str:
        """See Machine."""
        try:
            ask(SocketExecutor(self.settings.paths.socket), Hello(), Welcome)
        except NodeError as error:
            return error.message
        return ""

    def journal(self) -> str:
        """See Machine."""
        try:
            with closing(sqlite3.connect(f"file:{self.settings.paths.journal}?mode=ro", uri=True)) as opened:
                (said,) = opened.execute("PRAGMA quick_check").fetchone()
        except sqlite3.Error as error:
            return str(error)
        return "" if said == "ok" else str(said)

    def gateway(self) -> str:
        """See Machine."""
        try:
            loaded = medium.load(self.settings.medium)
            HttpGateway(loaded.file.gateway, loaded.ca).trust()
        except (NodeError, SalError, CommandError) as error:
            return str(error)
        return ""
