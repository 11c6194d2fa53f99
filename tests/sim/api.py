"""The API server: the loop's fake with the network between. Calls take time, get lost both ways, and meet crashes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from controllers.loop.errors import Conflict, Unavailable
from controllers.loop.informer import WatchEvent
from controllers.loop.kube import Event, Listing
from controllers.loop.objects import LEASE, Json, Object, ObjectKey, Projection, Resource
from controllers.loop.status import AppliedStatuses
from controllers.loop.testing import MemoryKube
from controllers.loop.transport import RETRY_PAUSES
from tests.sim.frozen import frozen
from tests.sim.history import History
from tests.sim.process import Process
from tests.sim.weather import Weather, short

TYPICAL_SECONDS = 0.004
Ask = Callable[[], Awaitable[Any]]


class _EveryApply:
    """The server does not remember what its clients applied: that is each client's own memory."""

    def needs_write(self, *_: Any) -> bool:
        """Always."""
        return True

    def applied(self, *_: Any) -> None:
        """Not noted."""


class Server(MemoryKube):
    """The one truth. `listeners` hear of every change at once; the way to a process is the watch's."""

    def __init__(self, clock: Any, history: History) -> None:
        super().__init__(clock)
        self.up = True
        self.listeners: list[Callable[[WatchEvent], None]] = []
        self.quiet = frozenset({LEASE})
        self._applied = _EveryApply()  # type: ignore[assignment]
        self._history = history

    def _kept(self, raw: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = frozen(raw)
        return kept

    def _given(self, resource: Resource, raw: Json) -> Object:
        return Object(resource, raw)

    def _tell(self, resource: Resource, raw: Json, news: Any) -> Object:
        changed = Object(resource, raw)
        if resource not in self.quiet:
            version = changed.resource_version
            generation, more = changed.generation, _telling(changed)
            self._history.note("api", news.lower(), str(changed), version=version, generation=generation, **more)
        event = WatchEvent(news, changed)
        for listener in self.listeners:
            listener(event)
        return changed


def _telling(changed: Object) -> dict[str, Any]:
    """What a reader of the history wants to know of an object."""
    if changed.resource.kind == "RevisionMark":
        return {"mark": changed.spec["revision"]}
    more: dict[str, Any] = {"deleting": True} if changed.deletion_timestamp else {}
    for each in changed.status.get("conditions") or ():
        if each["type"] in ("Ready", "Succeeded"):
            more |= {each["type"].lower(): each["status"], "reason": str(each["reason"])}
    if "observedGeneration" in changed.status:
        more["observed"] = changed.status["observedGeneration"]
    if "accepted" in changed.status:
        more["accepted"] = changed.status["accepted"]["revision"]
    if work := changed.spec.get("plan") if changed.resource.kind == "Job" else None:
        more |= {"ordered": work["revision"], "deployment": work["deployment"]}
    if "attempt" in changed.status:
        more["attempt"] = changed.status["attempt"]
    return more


class Client:
    """`Kube` for one process, over the network; it tries again as the real transport does."""

    def __init__(
        self, server: Server, process: Process, weather: Weather, concern: str, reach: Callable[[], bool]
    ) -> None:
        self._server = server
        self._process = process
        self._weather = weather
        self._reach = reach
        self._random = weather.source(f"api/{concern}")
        self._applied = AppliedStatuses()

    async def get(self, resource: Resource, key: ObjectKey) -> Object:
        """See Kube."""
        return await self._call(f"reading {resource} {key}", lambda: self._server.get(resource, key))

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
        return await self._call(
            f"listing {resource}",
            lambda: self._server.list(resource, namespace=namespace, selector=selector, projection=projection),
        )

    async def create(self, resource: Resource, body: Json) -> Object:
        """See Kube."""
        name = body["metadata"]["name"]
        return await self._call(f"create {resource} {name}", lambda: self._server.create(resource, body), write=True)

    async def delete(self, target: Object, *, unchanged: bool = False) -> None:
        """See Kube."""
        await self._call(f"delete {target}", lambda: self._server.delete(target, unchanged=unchanged), write=True)

    async def patch(self, target: Object, changes: Json) -> Object:
        """See Kube."""
        return await self._call(f"patch {target}", lambda: self._server.patch(target, changes), write=True)

    async def apply_status(self, target: Object, status: Json, manager: str) -> Object:
        """See Kube."""
        if not self._applied.needs_write(target, status, manager):
            return target
        written: Object = await self._call(
            f"status {target}", lambda: self._server.apply_status(target, status, manager), write=True
        )
        self._applied.applied(target, status, manager)
        return written

    async def set_finalizers(self, target: Object, finalizers: Iterable[str]) -> Object:
        """See Kube."""
        return await self.patch(target, {"metadata": {"finalizers": [*finalizers]}})

    async def record_event(self, about: Object, event: Event) -> None:
        """See Kube."""
        await self._call(f"event {about}", lambda: self._server.record_event(about, event), write=True)

    async def _call(self, act: str, ask: Ask, *, write: bool = False) -> Any:
        once = self._write if write else self._read
        for pause in RETRY_PAUSES:
            try:
                return await once(act, ask)
            except Unavailable:
                await asyncio.sleep(pause * self._random.uniform(0.5, 1.5))
        return await once(act, ask)

    async def _read(self, act: str, ask: Ask) -> Any:
        """The answer may be old when it comes; how long the question was on its way makes no difference."""
        self._process.check()
        self._meet(act)
        try:
            return await ask()
        finally:
            await self._travel(TYPICAL_SECONDS * 1.5)
            self._meet(act)

    async def _write(self, act: str, ask: Ask) -> Any:
        self._process.check()
        await self._travel(TYPICAL_SECONDS)
        self._meet(act)
        self._meet_conflict(act)
        self._process.write(act, "before")
        answer = await ask()
        self._process.write(act, "after")
        await self._travel(TYPICAL_SECONDS / 2)
        self._meet(act)
        return answer

    async def _travel(self, typical: float) -> None:
        await asyncio.sleep(short(self._random, typical))
        self._process.check()

    def _meet(self, act: str) -> None:
        """What can happen to a request on its way, and to the answer on its way back."""
        lost = self._weather.api_lost
        if not self._server.up or not self._reach() or (lost and self._random.random() < lost):
            raise Unavailable(f"{act}: no answer from the API server")

    def _meet_conflict(self, act: str) -> None:
        if self._weather.api_conflict and self._random.random() < self._weather.api_conflict:
            raise Conflict(f"{act}: has been modified: look again and decide again")
