"""The seam to the objects that the test itself brings and takes away."""

from __future__ import annotations

from typing import Any, Protocol

from controllers.loop.objects import Json, Resource


class ClusterDoor(Protocol):
    """What is asked of the API server. Everything raises CliError with its words."""

    def get(self, resource: Resource, name: str, namespace: str = "") -> dict[str, Any] | None:
        """An object; None when it is not there."""

    def create(self, resource: Resource, body: Json, namespace: str, *, trial: bool = False) -> None:
        """Creates an object, or only tries whether it would be taken."""

    def delete(self, resource: Resource, name: str, namespace: str = "") -> None:
        """Asks that an object goes; one that is gone already is no trouble."""
