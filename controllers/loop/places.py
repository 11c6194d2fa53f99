"""Where the API server has a kind's objects."""

from __future__ import annotations

from controllers.loop.objects import ObjectKey, Resource


def collection(resource: Resource, namespace: str = "") -> str:
    """The path of all objects of a kind, of one namespace where given."""
    base = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    inside = f"/namespaces/{namespace}" if resource.namespaced and namespace else ""
    return f"{base}{inside}/{resource.plural}"


def path(resource: Resource, key: ObjectKey) -> str:
    """The path of one object."""
    return f"{collection(resource, key.namespace)}/{key.name}"
