"""The API server over one aiohttp session: a quarter of the processor time of the generated client's calls."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from controllers.loop.access import Login
from controllers.loop.answers import Expired
from controllers.loop.errors import NotFound
from controllers.loop.kube import Event, Listing
from controllers.loop.objects import EVENT, Json, Object, ObjectKey, Projection, Resource
from controllers.loop.places import collection, path
from controllers.loop.status import AppliedStatuses
from controllers.loop.transport import APPLY_PATCH, MERGE_PATCH, Call, Transport

PAGE = 500


class HttpKube:
    """`Kube` on a real API server. Make it inside the event loop that uses it, and `close` it there."""

    def __init__(self, login: Login, randomness: random.Random | None = None) -> None:
        self._random = randomness or random.Random()
        self._transport = Transport(login, self._random)
        self._applied = AppliedStatuses()

    async def close(self) -> None:
        """Closes every connection."""
        await self._transport.close()

    async def get(self, resource: Resource, key: ObjectKey) -> Object:
        """See Kube."""
        return Object(
            resource, await self._transport.send(Call("GET", path(resource, key), f"reading {resource} {key}"))
        )

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
        query = {"limit": str(PAGE)} if consistent else {"resourceVersion": "0"}
        if selector:
            query["labelSelector"] = selector
        try:
            return await self._pages(resource, namespace, query, projection)
        except Expired:
            return await self._pages(resource, namespace, query, projection)

    async def create(self, resource: Resource, body: Json) -> Object:
        """See Kube."""
        whole = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        key = Object(resource, whole).key
        target = collection(resource, key.namespace)
        call = Call("POST", target, f"creating {resource} {key}", _bytes(whole))
        return Object(resource, await self._transport.send(call))

    async def delete(self, target: Object, *, unchanged: bool = False) -> None:
        """See Kube."""
        preconditions = {"uid": target.uid} | ({"resourceVersion": target.resource_version} if unchanged else {})
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions}
        call = Call("DELETE", path(target.resource, target.key), f"deleting {target}", _bytes(options))
        await self._transport.send(call)

    async def patch(self, target: Object, changes: Json) -> Object:
        """See Kube."""
        metadata = {**changes.get("metadata", {}), "resourceVersion": target.resource_version}
        body = _bytes({**changes, "metadata": metadata})
        call = Call("PATCH", path(target.resource, target.key), f"changing {target}", body, MERGE_PATCH)
        return Object(target.resource, await self._transport.send(call))

    async def apply_status(self, target: Object, status: Json, manager: str) -> Object:
        """See Kube."""
        if not self._applied.needs_write(target, status, manager):
            return target
        # The version, for the server takes no notice of a uid here and would write to a namesake.
        metadata = {"name": target.name, "resourceVersion": target.resource_version} | _namespace(target.namespace)
        header = {"apiVersion": target.resource.api_version, "kind": target.resource.kind, "metadata": metadata}
        where, query = path(target.resource, target.key) + "/status", {"fieldManager": manager, "force": "false"}
        body = _bytes({**header, "status": status})
        answer = await self._transport.send(Call("PATCH", where, f"status of {target}", body, APPLY_PATCH, query))
        self._applied.applied(target, status, manager)
        return Object(target.resource, answer)

    async def set_finalizers(self, target: Object, finalizers: Iterable[str]) -> Object:
        """See Kube."""
        return await self.patch(target, {"metadata": {"finalizers": [*finalizers]}})

    async def record_event(self, about: Object, event: Event) -> None:
        """See Kube."""
        await self.create(EVENT, event_body(about, event, datetime.now(UTC), f"{self._random.getrandbits(64):016x}"))

    async def served(self, resource: Resource) -> bool:
        """Whether the server's discovery names this kind; kopf silently watches nothing where it does not."""
        base = collection(resource).removesuffix(f"/{resource.plural}")
        try:
            found = await self._transport.send(Call("GET", base, f"discovering {resource}"))
        except NotFound:
            return False
        return any(each["name"] == resource.plural for each in found["resources"])

    async def _pages(
        self, resource: Resource, namespace: str, query: Mapping[str, str], projection: Projection | None
    ) -> Listing:
        objects: list[Object] = []
        where = dict(query)
        while True:
            call = Call("GET", collection(resource, namespace), f"listing {resource}", query=where)
            page = await self._transport.send(call)
            objects += [Object(resource, projection(each) if projection else each) for each in page["items"]]
            if not (rest := page["metadata"].get("continue")):
                return Listing(tuple(objects), page["metadata"]["resourceVersion"])
            where = {**query, "continue": rest}


def event_body(about: Object, event: Event, now: datetime, suffix: str) -> Json:
    """A core/v1 Event; `suffix` makes its name unique, so that a repeated call writes it once."""
    stamp = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    involved = {
        "apiVersion": about.resource.api_version,
        "kind": about.resource.kind,
        "name": about.name,
        "uid": about.uid,
        **_namespace(about.namespace),
    }
    return {
        "metadata": {"name": f"{about.name}.{suffix}", "namespace": about.namespace or "default"},
        "involvedObject": involved,
        "reason": event.reason,
        "message": event.message[:1024],
        "type": event.type,
        "source": {"component": event.reporter},
        "reportingComponent": event.reporter,
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }


def _namespace(namespace: str) -> dict[str, str]:
    return {"namespace": namespace} if namespace else {}


def _bytes(body: Json) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
