"""From what a job assigned to what must be on this host. Pure.

Root disk, seed and launch are named by a digest of all that goes into them: a thing with the right name is right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from crds.workload import Image, Reference
from node_agent.executor.resources import Assignment, Key
from trust.canonical import canonical_bytes
from trust.host_name import host_name

MOST_HELD = 10_000


@dataclass(frozen=True)
class Drive:
    """A volume as the guest gets it: its name in the plan, its name on the host, where it is mounted."""

    volume: str
    host_name: str
    mount: str
    read_only: bool


@dataclass(frozen=True)
class Seed:
    """What the guest is told about itself."""

    hostname: str
    address: str
    environment: Mapping[str, str]
    drives: tuple[Drive, ...]


@dataclass(frozen=True)
class MachineGoal:
    """A machine as it must be. `disk` and `memory` in bytes; `root`, `seed_name` and `launch` are short digests."""

    host_name: str
    cpus: int
    memory: int
    disk: int
    image: Image
    address: str
    seed: Seed

    @cached_property
    def root(self) -> str:
        """Names the root disk: image and size."""
        return _short({"image": self.image.sha256, "disk": self.disk})

    @cached_property
    def seed_name(self) -> str:
        """Names the seed disk."""
        return _short(asdict(self.seed))

    @cached_property
    def launch(self) -> str:
        """Names everything that needs a restart to change."""
        return _short({"cpus": self.cpus, "memory": self.memory, "root": self.root, "seed": self.seed_name})


def machine_goal(cluster: str, assignment: Assignment) -> MachineGoal:
    """The machine that an assignment asks for."""
    item = assignment.machine
    drives = tuple(
        Drive(each.volume, volume_host_name(cluster, assignment, each.volume), each.mount, each.read_only)
        for each in item.volumes
    )
    environment = {
        name: assignment.references[value.ref] if isinstance(value, Reference) else value
        for name, value in item.env.items()
    }
    seed = Seed(assignment.name, assignment.address, environment, drives)
    return MachineGoal(assignment.host_name, item.cpus, item.memory, item.disk, item.image, assignment.address, seed)


class Goals:
    """The goals of assignments, each worked out once for as long as the table holds the same assignment."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[Assignment, MachineGoal]] = {}

    def of(self, cluster: str, assignment: Assignment) -> MachineGoal:
        """See machine_goal."""
        key = assignment.key
        known, goal = self._held.get(key, (None, None))
        if goal is None or known is not assignment:
            goal = machine_goal(cluster, assignment)
            if len(self._held) >= MOST_HELD:
                self._held.clear()
            self._held[key] = (assignment, goal)
        return goal


def volume_host_name(cluster: str, assignment: Assignment, name: str) -> str:
    """The host name of a volume of the same deployment."""
    return host_name(cluster, assignment.tenant, assignment.namespace, assignment.deployment, "volume", name)


def _short(value: object) -> str:
    return hashlib.sha256(canonical_bytes(value)).hexdigest()[:16]
