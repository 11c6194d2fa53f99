"""What every hypervisor driver can do, in values that name no driver."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol


class State(Enum):
    """Where a machine is. ABSENT: never started here, or deleted."""

    ABSENT = "absent"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Disk:
    """A raw disk in the order in which the guest sees it; the guest finds it by serial (at most 20 characters)."""

    path: Path
    serial: str
    read_only: bool = False


@dataclass(frozen=True)
class Interface:
    """The machine's network port."""

    tap: str
    mac: str


@dataclass(frozen=True)
class MachineConfig:
    """A machine to start. `folder` is its own; the driver keeps socket, pid and console there. Memory in bytes."""

    name: str
    folder: Path
    cpus: int
    memory: int
    disks: tuple[Disk, ...]
    interface: Interface | None = None


@dataclass(frozen=True)
class Info:
    """What a machine does now."""

    state: State
    pid: int = 0


class Trouble(Enum):
    """What keeps a machine whose process is there from working."""

    PAUSED = "paused"
    FROZEN = "its process is stopped"
    NO_ROOM = "paused, for its disk could not be written"
    UNREACHABLE = "its control socket does not answer"


class Hypervisor(Protocol):
    """A driver. Machines outlive the process that started them, and are found again by their folder."""

    def lacks(self) -> str:
        """The program that it needs and does not find; empty when it finds it."""

    def start(self, config: MachineConfig) -> None:
        """Boots the machine; one that runs already stays as it is. Raises SalError."""

    def info(self, folder: Path) -> Info:
        """What the machine in this folder does."""

    def trouble(self, folder: Path) -> Trouble | None:
        """What is wrong with a machine that has a process; it is asked, so it takes longer than `info`."""

    def resume(self, folder: Path) -> None:
        """Lets a machine that is paused or frozen go on. Raises SalError."""

    def announce(self, folder: Path, disk: Path) -> None:
        """Tells a running guest the size that this disk of its has now; one that is off sees it when it starts."""

    def stop(self, folder: Path, grace_seconds: float) -> bool:
        """Presses the power button, and after the grace ends it; whether the guest went by itself."""

    def kill(self, folder: Path) -> None:
        """Ends it at once."""

    def console(self, folder: Path, limit: int = 4096) -> bytes:
        """The last bytes that the guest printed."""
