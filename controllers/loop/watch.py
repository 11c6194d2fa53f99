"""kopf's watches, and nothing else of kopf: connecting, re-connecting, bookmarks and re-authentication are its trade.

Its handlers for creation, change and deletion, its storages, finalizers, timers and daemons stay off: they cost three
to eight times the writes and the time of a plain reconcile.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from typing import Any

import kopf
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory

from controllers.loop.access import Login
from controllers.loop.errors import MissingKind, WatchEnded
from controllers.loop.informer import Deliver, WatchEvent
from controllers.loop.kube_http import HttpKube
from controllers.loop.objects import Object, Resource

DISCOVERY_SECONDS = 10.0
DISCOVERY_PAUSE = 0.2
OWN_FINALIZER = "hardpan.dev/kopf-must-not-act"


class KopfSource:
    """`WatchSource` on a real API server. It ends with WatchEnded on any error that kopf takes for final.

    kopf takes the process's signals when it starts; `take_signals_back` is called right after.
    """

    def __init__(self, kube: HttpKube, login: Login, take_signals_back: Callable[[], None] = lambda: None) -> None:
        self._kube = kube
        self._login = login
        self._take_signals_back = take_signals_back

    async def run(self, resources: Collection[Resource], deliver: Deliver, stop: asyncio.Event) -> None:
        """See WatchSource. Raises MissingKind too."""
        for resource in resources:
            await self._require(resource, stop)
        if not stop.is_set():
            await self._watch(resources, deliver, stop)

    async def _watch(self, resources: Collection[Resource], deliver: Deliver, stop: asyncio.Event) -> None:
        registry = _registry(resources, deliver, self._login)
        refuse_foreign_handlers(registry)
        tasks = await kopf.spawn_tasks(
            registry=registry, settings=settings(), clusterwide=True, stop_flag=stop, memories=Forgetful()
        )
        self._take_signals_back()
        try:
            await kopf.run_tasks(tasks, ignored=_Everything())
        except Exception as error:
            raise WatchEnded(f"the watches ended: {error or type(error).__name__}") from error
        if not stop.is_set():
            raise WatchEnded("the watches ended without being asked to")

    async def _require(self, resource: Resource, stop: asyncio.Event) -> None:
        """kopf silently ignores a kind that discovery does not name; a new CRD takes a moment to appear there."""
        deadline = asyncio.get_running_loop().time() + DISCOVERY_SECONDS
        while not stop.is_set() and not await self._kube.served(resource):
            if asyncio.get_running_loop().time() > deadline:
                raise MissingKind(f"the API server does not serve {resource}: install the CRDs first")
            await asyncio.sleep(DISCOVERY_PAUSE)


class _Everything(Collection[Any]):
    """All tasks of the process, to kopf: when it ends it would cancel every task that began after it."""

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


class Forgetful(ResourceMemories):
    """kopf remembers for each object what daemons, timers and indices do with it, and has none here."""

    async def recall(self, raw_body: Any, *, ephemeral: bool = True, **about: Any) -> ResourceMemory:
        """A new memory each time, which nobody keeps."""
        return await super().recall(raw_body, ephemeral=True, **about)


class _NoProgress(kopf.ProgressStorage):
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


class _NoDiffBase(kopf.DiffBaseStorage):
    """kopf keeps no last-handled copy, and spends no time on building one."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None


def settings() -> kopf.OperatorSettings:
    """kopf as it was measured to be fast and quiet (a `worker_limit` would make it slow, so there is none)."""
    made = kopf.OperatorSettings()
    made.process.ultimate_exiting_timeout = None
    made.scanning.disabled = True
    made.peering.standalone = True
    made.posting.enabled = False
    made.queueing.idle_timeout = 0.1
    made.queueing.exit_timeout = 1
    made.queueing.error_delays = (0.2, 1, 2, 5, 10, 30)
    made.watching.chunk_size = 500
    made.watching.server_timeout = 300 + random.randint(0, 60)
    made.watching.connect_timeout = 5
    made.watching.reconnect_backoff = 0.2
    made.networking.request_timeout = 15
    made.networking.connect_timeout = 3
    made.networking.error_backoffs = (0.2, 0.5, 1, 2, 4)
    made.networking.enforce_retry_after = True
    made.persistence.finalizer = OWN_FINALIZER
    made.persistence.progress_storage = _NoProgress()
    made.persistence.diffbase_storage = _NoDiffBase()
    return made


def _registry(resources: Collection[Resource], deliver: Deliver, login: Login) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    kopf.on.login(id="login", registry=registry)(_logging_in(login))
    for resource in resources:
        names = (resource.group, resource.version, resource.plural)
        kopf.on.event(*names, id="deliver", registry=registry)(_delivering(resource, deliver))
    return registry


def _logging_in(login: Login) -> Callable[..., Any]:
    async def log_in(**_: Any) -> kopf.ConnectionInfo:
        return login()

    return log_in


def _delivering(resource: Resource, deliver: Deliver) -> Callable[..., Any]:
    async def seen(event: Mapping[str, Any], **_: Any) -> None:
        deliver(WatchEvent(event["type"] or "LISTED", Object(resource, event["object"])))

    return seen


def refuse_foreign_handlers(registry: kopf.OperatorRegistry) -> None:
    """The empty storages lose the state of any other handler, so there must be none. Raises ValueError."""
    for others in (registry._changing, registry._spawning, registry._indexing, registry._webhooks):
        found = [handler.id for handler in others.get_all_handlers()]
        if found:
            raise ValueError(f"kopf may only deliver events here, but handlers are registered: {found}")
