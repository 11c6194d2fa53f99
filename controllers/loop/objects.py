"""Values at the seam to the API server: which kind, which object, and the object itself, read-only from here on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from crds.meta import GROUP, VERSION, KindDefinition

Json = Mapping[str, Any]
Projection = Callable[[Json], Json]
_NOTHING: Json = {}


@dataclass(frozen=True)
class Resource:
    """A kind as the API server addresses it; the core group is the empty string."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """What stands in an object's `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


def resource_of(definition: KindDefinition) -> Resource:
    """The resource of one of our kinds."""
    return Resource(GROUP, VERSION, definition.plural, definition.kind, definition.scope == "Namespaced")


LEASE = Resource("coordination.k8s.io", "v1", "leases", "Lease", namespaced=True)
EVENT = Resource("", "v1", "events", "Event", namespaced=True)
NAMESPACE = Resource("", "v1", "namespaces", "Namespace", namespaced=False)


class ObjectKey(NamedTuple):
    """Where an object is found; `namespace` is empty for cluster-scoped kinds."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True)
class Object:
    """One object as the API server gave it. `raw` may be a projection that left heavy fields out."""

    resource: Resource
    raw: Json

    @property
    def metadata(self) -> Json:
        """The object's metadata."""
        metadata: Json = self.raw["metadata"]
        return metadata

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return ObjectKey(self.namespace, self.name)

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return str(self.metadata["name"])

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, empty for cluster-scoped kinds."""
        return str(self.metadata.get("namespace", ""))

    @property
    def uid(self) -> str:
        """`metadata.uid`: distinguishes an object from its namesake before it."""
        return str(self.metadata.get("uid", ""))

    @property
    def resource_version(self) -> str:
        """`metadata.resourceVersion`: what a write decided on this value must carry."""
        return str(self.metadata.get("resourceVersion", ""))

    @property
    def generation(self) -> int:
        """`metadata.generation`: rises with each change of the spec."""
        return int(self.metadata.get("generation", 0))

    @property
    def created(self) -> str:
        """`metadata.creationTimestamp`, RFC 3339."""
        return str(self.metadata.get("creationTimestamp", ""))

    @property
    def deletion_timestamp(self) -> str | None:
        """RFC 3339 time since which the object waits for its finalizers; None while it is wanted."""
        stamp = self.metadata.get("deletionTimestamp")
        return None if stamp is None else str(stamp)

    @property
    def labels(self) -> Mapping[str, str]:
        """`metadata.labels`."""
        labels: Mapping[str, str] = self.metadata.get("labels") or _NOTHING
        return labels

    @property
    def annotations(self) -> Mapping[str, str]:
        """`metadata.annotations`."""
        annotations: Mapping[str, str] = self.metadata.get("annotations") or _NOTHING
        return annotations

    @property
    def finalizers(self) -> tuple[str, ...]:
        """`metadata.finalizers`, in their order."""
        return tuple(self.metadata.get("finalizers") or ())

    @property
    def spec(self) -> Json:
        """The spec; empty where the object has none."""
        return self.raw.get("spec") or _NOTHING

    @property
    def status(self) -> Json:
        """The status; empty where there is none yet."""
        return self.raw.get("status") or _NOTHING

    def __str__(self) -> str:
        return f"{self.resource} {self.key}"


def number_of(version: str) -> int:
    """Versions of one API server are comparable integers (Kubernetes KEP-5504); anything else counts as oldest."""
    return int(version) if version.isdecimal() else 0


def is_older(version: str, than: str) -> bool:
    """Whether one resourceVersion came before another."""
    return number_of(version) < number_of(than)
