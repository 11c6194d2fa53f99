"""The seam to the API server: what controllers may ask of it. `kube_http` is the real one, `testing` has the fake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from controllers.loop.objects import Json, Object, ObjectKey, Projection, Resource


@dataclass(frozen=True)
class Listing:
    """All objects of a list call and the resourceVersion at which it was true."""

    objects: tuple[Object, ...]
    resource_version: str


@dataclass(frozen=True)
class Event:
    """What a Kubernetes Event says about an object; for people, never read by code."""

    reason: str
    message: str
    reporter: str
    type: Literal["Normal", "Warning"] = "Normal"


class Kube(Protocol):
    """The API server. Each call raises a `KubeError`; calls retry short outages themselves before `Unavailable`.

    Repeating a call after `Unavailable` is safe: names are the caller's, and writes carry the version that they were
    decided on.
    """

    async def get(self, resource: Resource, key: ObjectKey) -> Object:
        """The object as it is now; NotFound."""
        ...

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        selector: str = "",
        consistent: bool = True,
        projection: Projection | None = None,
    ) -> Listing:
        """All objects of a kind, of one namespace where given, matching a label selector.

        `consistent` sees every write acknowledged before; else the server may answer from its cache, which is cheaper.
        `projection` is applied page by page, so that a big list is never in memory as a whole.
        """
        ...

    async def create(self, resource: Resource, body: Json) -> Object:
        """Creates from `metadata` (with name and namespace) and `spec`; AlreadyExists."""
        ...

    async def delete(self, target: Object, *, unchanged: bool = False) -> None:
        """Deletes exactly this object (its uid), with `unchanged` only in exactly this version; NotFound, Conflict."""
        ...

    async def patch(self, target: Object, changes: Json) -> Object:
        """Merges `changes` (metadata, spec) if the object is still as `target`; None removes a field; Conflict."""
        ...

    async def apply_status(self, target: Object, status: Json, manager: str) -> Object:
        """Makes `status` what the field manager says, if the object is still as `target`: server-side apply, no force.

        Fields that the manager said before and now leaves out vanish. Nothing is written when nothing would change:
        then the answer is `target`. Conflict; Refused when another manager holds a field with another value.
        """
        ...

    async def set_finalizers(self, target: Object, finalizers: Iterable[str]) -> Object:
        """Replaces the finalizers if the object is still as `target`; Conflict. The last one gone lets it vanish."""
        ...

    async def record_event(self, about: Object, event: Event) -> None:
        """Adds a Kubernetes Event about an object, in its namespace (`default` for cluster-scoped kinds)."""
        ...
