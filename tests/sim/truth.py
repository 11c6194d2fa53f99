"""What users really wanted, seen from outside: which values of which resource were signed, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from controllers.loop.objects import ObjectKey
from crds.workload import MachineItem, VolumeItem
from plans.model import Plan
from trust.host_name import host_name

Values = tuple[object, ...]


@dataclass(frozen=True)
class Subject:
    """A resource of a deployment."""

    deployment: ObjectKey
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.deployment.namespace}/{self.name}"


def values_of(item: MachineItem | VolumeItem) -> Values:
    """What can be seen of an item on a host."""
    if isinstance(item, VolumeItem):
        return (item.size,)
    return (item.cpus, item.memory, item.disk, item.image.sha256)


@dataclass
class Truth:
    """Fed by the people of the simulation, read by the invariants. `tenants` has the id by namespace."""

    cluster: str
    tenants: Mapping[str, str]
    subjects: dict[str, Subject] = field(default_factory=dict)
    signed: dict[ObjectKey, dict[int, Plan]] = field(default_factory=lambda: defaultdict(dict))
    applied: dict[ObjectKey, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    deleted: dict[ObjectKey, list[float]] = field(default_factory=lambda: defaultdict(list))

    def sign(self, key: ObjectKey, revision: int, plan: Plan) -> None:
        """A user signed this; from now on it may run."""
        self.signed[key][revision] = plan
        for each in plan.resources:
            self.subjects[self.host_name(key, each.kind, each.name)] = Subject(key, each.kind, each.name)

    def host_name(self, deployment: ObjectKey, kind: str, name: str) -> str:
        """What a resource of the deployment is called on its host."""
        namespace = deployment.namespace
        return host_name(self.cluster, self.tenants[namespace], namespace, deployment.name, kind, name)

    def apply(self, key: ObjectKey, revision: int, at: float) -> None:
        """A signed revision came to the API server."""
        self.applied[key].append((at, revision))

    def delete(self, key: ObjectKey, at: float) -> None:
        """A user deleted the deployment."""
        self.deleted[key].append(at)

    def revisions_with(self, subject: Subject, values: Values) -> list[int]:
        """The signed revisions in which the resource has these values."""
        found = []
        for revision, plan in self.signed[subject.deployment].items():
            resource = plan.find(f"{subject.kind}/{subject.name}")
            if resource is not None and values_of(resource.item) == values:
                found.append(revision)
        return sorted(found)

    def may_change(self, subject: Subject, since_revision: int, made: float, at: float) -> bool:
        """Whether until then users asked for another thing than revision `since` says of what was `made` there.

        What was on its way when they deleted it may come up and go again.
        """
        old = self.signed[subject.deployment][since_revision].find(f"{subject.kind}/{subject.name}")
        for when, revision in self.applied[subject.deployment]:
            new = self.signed[subject.deployment][revision].find(f"{subject.kind}/{subject.name}")
            if when <= at and revision > since_revision and (new is None or old is None or new.item != old.item):
                return True
        wished = max((when for when, _ in self.applied[subject.deployment] if when <= made), default=made)
        return any(wished <= when <= at for when in self.deleted[subject.deployment])
