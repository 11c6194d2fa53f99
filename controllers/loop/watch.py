"""The watches: kopf's `on.event` and nothing else of it fills caches and queue; a regular list catches what it missed.

kopf gives connecting, re-connecting, bookmarks and re-authentication. Its handlers, storages and finalizers stay off:
they cost three to eight times the writes of a plain reconcile (reference/kopf.md section 0).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import kopf

from controllers.loop.cache import Cache
from controllers.loop.errors import Gone, KubeError
from controllers.loop.kube import Kube, Object, Resource
from controllers.loop.kube_http import Access

log = logging.getLogger(__name__)
RESYNC_SECONDS = 300.0
Keys = Callable[[Object], Iterable[str]]


@dataclass(frozen=True)
class Watch:
    """A kind to watch, the cache that it fills, and which keys an object of it concerns."""

    resource: Resource
    cache: Cache
    keys: Keys = field(default=lambda seen: (seen.key,))


class _NullProgress(kopf.ProgressStorage):
    """kopf keeps no progress in our objects."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None

    def purge(self, **_: Any) -> None:
        return None

    def touch(self, **_: Any) -> None:
        return None

    def clear(self, *, essence: Any) -> Any:
        return essence


class _NullDiffBase(kopf.DiffBaseStorage):
    """kopf keeps no last-handled copy, and does not even build one."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None


def configure(settings: kopf.OperatorSettings) -> None:
    """kopf as measured in reference/kopf.md section 6.5."""
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.posting.enabled = False
    settings.queueing.idle_timeout = 0.1
    settings.queueing.exit_timeout = 5
    settings.queueing.error_delays = (0.2, 1, 2, 5, 10, 30)
    settings.watching.chunk_size = 500
    settings.watching.server_timeout = 300 + random.randint(0, 60)
    settings.watching.connect_timeout = 5
    settings.watching.reconnect_backoff = 0.2
    settings.networking.request_timeout = 15
    settings.networking.connect_timeout = 3
    settings.networking.error_backoffs = (0.2, 0.5, 1, 2, 4)
    settings.persistence.finalizer = "hardpan.dev/unused"
    settings.persistence.progress_storage = _NullProgress()
    settings.persistence.diffbase_storage = _NullDiffBase()


class Watcher:
    """Runs the watches of one controller; `wanted` is told the keys that changed."""

    def __init__(self, kube: Kube, access: Access, watches: Collection[Watch], wanted: Callable[[str], None]) -> None:
        self._kube = kube
        self._access = access
        self._watches = watches
        self._wanted = wanted

    async def sync(self) -> None:
        """Lists every kind once, so that caches are whole before anything is decided. Raises KubeError."""
        for watch in self._watches:
            listed = await self._kube.list(watch.resource)
            for vanished in watch.cache.replace(listed):
                self._wanted(vanished)
            for each in watch.cache.all():
                self._want(watch, each)

    async def run(self, stop: asyncio.Event) -> None:
        """Watches until `stop`; raises when a watch cannot be kept up."""
        resync = asyncio.create_task(self._resync(stop))
        try:
            await kopf.operator(
                registry=self._registry(),
                settings=self._settings(),
                clusterwide=True,
                standalone=True,
                stop_flag=stop,
            )
        finally:
            resync.cancel()

    def _settings(self) -> kopf.OperatorSettings:
        settings = kopf.OperatorSettings()
        configure(settings)
        return settings

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for watch in self._watches:
            resource = watch.resource
            handler = self._handler(watch)
            kopf.on.event(resource.group, resource.version, resource.plural, id="cache", registry=registry)(handler)
        return registry

    def _login(self, **_: Any) -> kopf.ConnectionInfo:
        access = self._access
        token = access.token_file.read_text().strip() if access.token_file else None
        return kopf.ConnectionInfo(
            server=access.url,
            ca_path=str(access.authority) if access.authority else None,
            certificate_path=str(access.certificate) if access.certificate else None,
            private_key_path=str(access.key) if access.key else None,
            scheme="Bearer" if token else None,
            token=token,
        )

    def _handler(self, watch: Watch) -> Callable[..., Any]:
        async def seen(event: Mapping[str, Any], **_: Any) -> None:
            raw = event["object"]
            if event["type"] == "DELETED":
                gone = Object(raw)
                watch.cache.drop(gone.key, gone.uid)
                self._want(watch, gone)
            else:
                self._want(watch, watch.cache.put(raw))

        return seen

    def _want(self, watch: Watch, seen: Object) -> None:
        for key in watch.keys(seen):
            self._wanted(key)

    async def _resync(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.sleep(RESYNC_SECONDS * random.uniform(0.8, 1.2))
            try:
                await self.sync()
            except KubeError as error:
                log.warning("resync failed, next in %d s: %s", RESYNC_SECONDS, error)


async def require_kinds(kube: Kube, watches: Iterable[Watch]) -> str:
    """The first kind that the API server does not serve, as a sentence with the remedy; empty when all are there."""
    for watch in watches:
        try:
            await kube.list(watch.resource)
        except Gone:
            crd = f"{watch.resource.plural}.{watch.resource.group}"
            return f"the API server has no {crd}: install the CRDs first (kubectl apply -f crds/)"
    return ""
