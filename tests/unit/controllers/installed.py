"""The standard trust of `tests.unit.trust.world`, as objects of a server in memory that caches have read."""

from __future__ import annotations

from controllers.loop.cache import Cache
from controllers.loop.objects import Object, resource_of
from controllers.loop.testing import MemoryKube
from controllers.trust_source import RECORD_KINDS, TrustSource
from crds.trust import TRUST
from tests.unit.trust.world import CLUSTER, World

RESOURCES = {kind.kind: resource_of(kind) for kind in (*RECORD_KINDS, TRUST)}


async def install(kube: MemoryKube, world: World) -> TrustSource:
    """The trust of this world, with its objects in the server."""
    trust = TrustSource(CLUSTER)
    for record in world.listed:
        body = {"metadata": {"name": record.name}, "spec": record.spec}
        trust.records(record.kind).put(await kube.create(RESOURCES[record.kind], body))
    roots, snapshot = [each.decode() for each in world.roots], world.snapshot_envelope().decode()
    body = {"metadata": {"name": "cluster"}, "spec": {"roots": roots, "snapshot": snapshot}}
    trust.caches[0].put(await kube.create(RESOURCES["Trust"], body))
    return trust


async def again(kube: MemoryKube, cache: Cache, seen: Object) -> Object:
    """The object as it is in the server by now, in the cache too."""
    found = await kube.get(seen.resource, seen.key)
    cache.put(found)
    return found
