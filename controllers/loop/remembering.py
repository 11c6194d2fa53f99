"""A Kube whose own writes are in the caches at once, so that no reconcile acts twice on what it has already changed."""

from __future__ import annotations

from collections.abc import Iterable

from controllers.loop.cache import Cache
from controllers.loop.kube import Event, Kube, Listing
from controllers.loop.objects import Json, Object, ObjectKey, Projection, Resource


class RememberingKube:
    """Passes every call on and puts what comes back from a write into the caches of its kind."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._caches: dict[Resource, list[Cache]] = {}

    def remember(self, cache: Cache) -> None:
        """Own writes of this cache's kind go into it from now on."""
        caches = self._caches.setdefault(cache.resource, [])
        if not any(each is cache for each in caches):
            caches.append(cache)

    async def get(self, resource: Resource, key: ObjectKey) -> Object:
        """See Kube."""
        return await self._kube.get(resource, key)

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str = "",
        selector: str = "",
        consistent: bool = True,
        projection: Projection | None = None,
    ) -> Listing:
        """See Kube."""
        return await self._kube.list(
            resource, namespace=namespace, selector=selector, consistent=consistent, projection=projection
        )

    async def create(self, resource: Resource, body: Json) -> Object:
        """See Kube."""
        return self._put(await self._kube.create(resource, body))

    async def delete(self, target: Object, *, unchanged: bool = False) -> None:
        """See Kube. The cache learns of it from the watch: finalizers may keep the object."""
        await self._kube.delete(target, unchanged=unchanged)

    async def patch(self, target: Object, changes: Json) -> Object:
        """See Kube."""
        return self._put(await self._kube.patch(target, changes))

    async def apply_status(self, target: Object, status: Json, manager: str) -> Object:
        """See Kube."""
        return self._put(await self._kube.apply_status(target, status, manager))

    async def set_finalizers(self, target: Object, finalizers: Iterable[str]) -> Object:
        """See Kube."""
        written = await self._kube.set_finalizers(target, finalizers)
        if written.deletion_timestamp is not None and not written.finalizers:
            return self._drop(written)
        return self._put(written)

    async def record_event(self, about: Object, event: Event) -> None:
        """See Kube."""
        await self._kube.record_event(about, event)

    def _put(self, written: Object) -> Object:
        for cache in self._caches.get(written.resource, ()):
            cache.put(written)
        return written

    def _drop(self, gone: Object) -> Object:
        for cache in self._caches.get(gone.resource, ()):
            cache.drop(gone)
        return gone
