"""The seam to the machine below: what verbs observe and do, in their own words. `sal_host` is the real one.

Every method names its object by host name only. All raise TryAgain for what may pass, StepFailed for what will not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from node_agent.executor.goal import MachineGoal
from sal.hypervisor import Trouble
from sal.images import Held
from sal.pool import VolumeState


class Power(Enum):
    """Whether a machine runs, and if not, how it ended as far as is known."""

    RUNNING = "running"
    OFF = "off"
    CRASHED = "crashed"


@dataclass(frozen=True)
class MachineFacts:
    """What is on the host of one machine. `launch` is what it was last started with; empty: never started.

    `port`: it is up, on the bridge and pinned to the machine's addresses alone. `attached`: a process has it open.
    """

    power: Power = Power.OFF
    folder: bool = False
    roots: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()
    launch: str = ""
    port: bool = False
    attached: bool = True


class MachineHost(Protocol):
    """Machines, their disks and their network ports."""

    def machine(self, host_name: str, address: str = "") -> MachineFacts:
        """What is there. With `address` the port counts only when it is pinned to that address."""

    def power(self, host_name: str) -> Power:
        """Only whether it runs; cheap."""

    def trouble(self, host_name: str) -> Trouble | None:
        """What keeps a machine that has a process from working; the guest's monitor is asked."""

    def resume(self, host_name: str) -> None:
        """Lets a paused or frozen machine go on."""

    def has_image(self, sha256: str) -> bool:
        """Whether the image is in the store."""

    def images_held(self) -> tuple[Held, ...]:
        """The images in the store, each with the time of its last use."""

    def remove_image(self, sha256: str) -> None:
        """Removes an image from the store; root disks made of it stay."""

    def fetch_image(self, goal: MachineGoal) -> None:
        """Brings the image into the store, verified."""

    def make_root(self, goal: MachineGoal) -> None:
        """Makes the root disk from the image; it appears whole or not at all. TryAgain when the image is gone."""

    def write_seed(self, goal: MachineGoal) -> None:
        """Makes the seed disk; it appears whole or not at all."""

    def make_port(self, goal: MachineGoal) -> None:
        """Brings up the machine's network port with its filter."""

    def write_launch(self, goal: MachineGoal) -> None:
        """Notes what the machine is started with next."""

    def start(self, goal: MachineGoal) -> None:
        """Starts the machine as noted."""

    def announce_size(self, host_name: str, volume: str) -> None:
        """Tells a running machine that a volume of its has become larger. Both are host names."""

    def stop(self, host_name: str) -> None:
        """Asks the guest to stop, and ends it when it does not; returns when it is off."""

    def prune(self, goal: MachineGoal) -> None:
        """Removes root and seed disks that are not the goal's."""

    def remove_port(self, host_name: str) -> None:
        """Takes away port and filter."""

    def remove_machine(self, host_name: str) -> None:
        """Removes the folder with all disks of a machine that is off."""


class VolumeHost(Protocol):
    """Volumes of the pool."""

    def volume_size(self, host_name: str) -> int | None:
        """Bytes, or None when there is no such volume."""

    def volume_state(self, host_name: str) -> VolumeState:
        """The volume as it is, or what is left of it."""

    def mend_volume(self, host_name: str) -> None:
        """Makes it writable, limited and marked again; its content is not touched."""

    def rename_back(self, found: str, host_name: str) -> None:
        """Gives a volume that somebody renamed its name again."""

    def create_volume(self, host_name: str, size: int) -> None:
        """Makes an empty volume of this size."""

    def grow_volume(self, host_name: str, size: int) -> None:
        """Makes a volume larger; its content stays."""

    def bin_volume(self, host_name: str) -> None:
        """Moves a volume out of the way into the bin."""

    def in_bin(self, host_name: str) -> bool:
        """Whether the bin holds a volume of this name."""

    def restore_volume(self, host_name: str) -> None:
        """Brings the latest volume of this name back from the bin."""

    def bin_entries(self) -> frozenset[str]:
        """Everything in the bin: host name, dot, number."""

    def empty_bin(self, entry: str) -> None:
        """Removes an entry of the bin for good."""

    def destroy_volume(self, host_name: str) -> None:
        """Removes a volume for good."""


OrphanKind = Literal["machine", "port", "volume"]


@dataclass(frozen=True, order=True)
class Orphan:
    """Something on the host that is called like ours, and that nobody asked for.

    `ours`: it has the mark that this node made it with. `used`: a process has it.
    """

    kind: OrphanKind
    name: str
    ours: bool
    used: bool


class Host(MachineHost, VolumeHost, Protocol):
    """All of the machine below."""

    def orphans(self, wanted: frozenset[str]) -> tuple[Orphan, ...]:
        """All that is called like ours, but for what belongs to these host names."""

    def remove_orphan(self, orphan: Orphan) -> None:
        """Takes one away; a volume goes to the bin."""

    def lacks(self) -> str:
        """The program without which no machine can run here; empty when it is there."""

    def fullness(self) -> float:
        """How much of the pool is taken, from 0 to 1."""

    def ensure_network(self) -> tuple[str, ...]:
        """Bridge, filter and routes are as they must be; ports of machines are not touched.

        Returns what somebody had changed meanwhile, in words.
        """
