"""What the supervisor's decisions read: frozen values, made from caches by `observe` and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from crds.job import Step
from crds.workload import MachineItem, VolumeItem

WorkKind = Literal["machine", "volume"]
Key = tuple[WorkKind, str]
STALE = "StaleEpoch"


@dataclass(frozen=True)
class Capacity:
    """Processors, bytes of memory, bytes of disk, and a number of machines and volumes."""

    cpus: int = 0
    memory: int = 0
    disk: int = 0
    resources: int = 0

    def __add__(self, other: Capacity) -> Capacity:
        return Capacity(
            self.cpus + other.cpus,
            self.memory + other.memory,
            self.disk + other.disk,
            self.resources + other.resources,
        )

    def __sub__(self, other: Capacity) -> Capacity:
        return Capacity(
            self.cpus - other.cpus,
            self.memory - other.memory,
            self.disk - other.disk,
            self.resources - other.resources,
        )


@dataclass(frozen=True)
class NodeView:
    """A node as placement sees it; `certificate` is the envelope that other nodes verify.

    Region and labels are the certificate's; `refusal` says why it does not count when `certified` is not so.
    """

    name: str
    region: str
    labels: Mapping[str, str]
    capacity: Capacity
    certified: bool
    reachable: bool
    schedulable: bool
    certificate: str = ""
    unreachable_since: str = ""
    refusal: str = ""
    draining: bool = False


@dataclass(frozen=True)
class Want:
    """One resource of the accepted plan, with the digest of its item."""

    kind: WorkKind
    name: str
    item: MachineItem | VolumeItem
    digest: str

    @property
    def key(self) -> Key:
        """Identity within the deployment."""
        return (self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a node's signed report: what the node says of a resource."""

    epoch: int
    generation: int
    item: str
    state: str
    restarts: int = 0
    since: str = ""
    address: str = ""
    message: str = ""
    namespace: str = ""


@dataclass(frozen=True)
class Held:
    """What a node says that it holds of a deployment, while Kubernetes has no object of it: its store was set back."""

    node: str
    epoch: int


@dataclass(frozen=True)
class Placed:
    """A Machine or Volume object with what its node said of it last.

    `row` is None when the node's fresh report lacks it; `reported` tells whether there is a fresh report at all.
    `attempt`, `next_attempt` and `trouble` (the node's words) are of its removal.
    """

    kind: WorkKind
    name: str
    uid: str
    resource_version: str
    generation: int
    node: str
    epoch: int
    item: str
    size: Capacity
    volumes: tuple[str, ...] = ()
    deleting: bool = False
    ready: bool = False
    observed_generation: int = 0
    observed_item: str = ""
    attempt: int = 1
    next_attempt: datetime | None = None
    trouble: str = ""
    reported: bool = False
    row: Row | None = None

    @property
    def key(self) -> Key:
        """Identity within the deployment."""
        return (self.kind, self.name)

    @property
    def behind(self) -> int:
        """The epoch that its node has to be told, when the node has seen it further on than the object is; else 0."""
        if self.row is not None and (self.row.epoch, self.row.generation) > (self.epoch, self.generation):
            return self.row.epoch + 1
        return self.epoch + 1 if self.deleting and self.trouble.startswith(STALE) else 0

    @property
    def settled(self) -> bool:
        """The node did what the current spec asks for, as its report or the stored status says."""
        if self.row is not None:
            told = (self.row.epoch, self.row.generation, self.row.item)
            return told == (self.epoch, self.generation, self.item)
        return not self.reported and self.observed_generation == self.generation

    @property
    def running(self) -> bool:
        """Settled and up."""
        if not self.settled:
            return False
        return self.row.state in ("running", "present") if self.row is not None else self.ready


@dataclass(frozen=True)
class OpenJob:
    """A Job object; `succeeded` is None while it is open."""

    name: str
    uid: str
    resource_version: str
    node: str
    revision: int
    plan: str
    steps: tuple[Step, ...]
    attempt: int = 1
    succeeded: bool | None = None
    reason: str = ""
    message: str = ""
    next_attempt: datetime | None = None
    finished: str = ""


@dataclass(frozen=True)
class Accepted:
    """The accepted revision: what runs, whatever the spec says now."""

    revision: int
    digest: str
    plan: str
    signers: tuple[str, ...]
    expires: datetime
    max_unavailable: int
    region: str
    wants: tuple[Want, ...]

    def want(self, key: Key) -> Want | None:
        """The wanted resource with this identity."""
        return next((want for want in self.wants if want.key == key), None)


@dataclass(frozen=True)
class Refused:
    """Why the spec as it stands is not accepted; `condition` is the one that turns False."""

    condition: Literal["SignatureVerified", "Planned"]
    reason: str
    message: str


@dataclass(frozen=True)
class Snapshot:
    """All that one reconcile of a deployment decides on.

    `taken` are names that belong to other deployments, `leaving` those of a namesake before this one. `halted` has the
    sentence for each object (by uid) whose removal an operator has to agree to. `binned` has the nodes in whose bin a
    volume of this name waits to come back. `held` is what nodes hold without an object; while we are `listening` for
    their first reports, it is not known yet what they hold. Nothing starts anew after `trusted_until`.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    spec_revision: int
    deleting: bool
    suspended: bool
    accepted: Accepted | None
    refused: Refused | None
    placed: tuple[Placed, ...]
    jobs: tuple[OpenJob, ...]
    nodes: Mapping[str, NodeView]
    reserved: Mapping[str, Capacity]
    taken: frozenset[Key]
    now: datetime
    spread: Mapping[tuple[str, str], int] = field(default_factory=dict)
    leaving: frozenset[Key] = frozenset()
    held: Mapping[Key, Held] = field(default_factory=dict)
    listening: bool = False
    halted: Mapping[str, str] = field(default_factory=dict)
    binned: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trusted_until: datetime | None = None

    def find(self, key: Key) -> Placed | None:
        """The object with this identity."""
        return next((placed for placed in self.placed if placed.key == key), None)
