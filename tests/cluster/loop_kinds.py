"""The kinds that the loop's tests use on a real API server, and how they are installed there."""

from __future__ import annotations

import asyncio
from typing import Any

from controllers.loop.errors import AlreadyExists
from controllers.loop.kube_http import HttpKube
from controllers.loop.objects import Resource
from tests.unit.controllers.loop.kube_contract import SITE, WIDGET

CRD = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
CONDITIONS = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
    "items": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"type": "string"}},
        "x-kubernetes-preserve-unknown-fields": True,
    },
}
SPEC = {"type": "object", "properties": {"size": {"type": "integer", "minimum": 0}, "text": {"type": "string"}}}
STATUS = {
    "type": "object",
    "properties": {"phase": {"type": "string"}, "address": {"type": "string"}, "conditions": CONDITIONS},
}


def crd(resource: Resource) -> dict[str, Any]:
    """The definition of one of the test kinds."""
    schema = {"type": "object", "properties": {"spec": SPEC, "status": STATUS}}
    version = {
        "name": resource.version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "metadata": {"name": str(resource)},
        "spec": {
            "group": resource.group,
            "names": {"plural": resource.plural, "kind": resource.kind},
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "versions": [version],
        },
    }


async def install(kube: HttpKube) -> None:
    """Defines the test kinds where they are not yet, and waits until they are served."""
    for resource in (WIDGET, SITE):
        try:
            await kube.create(CRD, crd(resource))
        except AlreadyExists:
            continue
        while not await kube.served(resource):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
