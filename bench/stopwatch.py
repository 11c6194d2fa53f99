"""From the creation of a signed deployment of one machine to the moment when a watch shows it Ready.

The clock starts when the creation is sent; kubectl's own start is not in it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from bench.cloud import IMAGE_DIGEST, BenchCloud
from controllers.loop.access import login
from controllers.loop.informer import WatchEvent
from controllers.loop.kube_http import HttpKube
from controllers.loop.objects import Object, resource_of
from controllers.loop.watch import KopfSource
from crds.deployment import DEPLOYMENT

DEPLOYMENTS = resource_of(DEPLOYMENT)
SCRIPT = 'machine(params.name, #{ memory: "64Mi", disk: "64Mi", image: params.image });'
IMAGE = f"https://images.example/none.raw#sha256={IMAGE_DIGEST}"
PATIENCE_SECONDS = 60.0


class Stopwatch:
    """Milliseconds from creation to Ready of deployments, by their names."""

    def __init__(self, cloud: BenchCloud, kube: HttpKube) -> None:
        self._kube, self._author = kube, cloud.author
        self._began: dict[str, float] = {}
        self._ready: dict[str, asyncio.Event] = {}
        self._gone: dict[str, asyncio.Event] = {}
        self.took: dict[str, float] = {}

    def deliver(self, event: WatchEvent) -> None:
        """Takes in what the watch says."""
        name = event.object.name
        if event.type == "DELETED":
            self._gone.setdefault(name, asyncio.Event()).set()
        elif name in self._began and name not in self.took and _is_ready(event.object):
            self.took[name] = (time.perf_counter() - self._began[name]) * 1000
            self._ready[name].set()

    def manifest(self, name: str) -> Mapping[str, Any]:
        """A signed deployment of one machine."""
        return self._author.manifest(name, SCRIPT, {"name": name, "image": IMAGE}, datetime.now(UTC))

    async def create(self, manifest: Mapping[str, Any]) -> Object:
        """Sends it off; its clock runs."""
        name = manifest["metadata"]["name"]
        self._ready[name] = asyncio.Event()
        self._began[name] = time.perf_counter()
        return await self._kube.create(DEPLOYMENTS, manifest)

    async def ready(self, name: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits for one deployment. Raises TimeoutError."""
        await asyncio.wait_for(self._ready[name].wait(), seconds)

    async def remove(self, made: Object) -> None:
        """Deletes it and waits until it is gone."""
        await self._kube.delete(made)
        await asyncio.wait_for(self._gone.setdefault(made.name, asyncio.Event()).wait(), PATIENCE_SECONDS)


def _is_ready(seen: Object) -> bool:
    conditions = seen.status.get("conditions") or ()
    return any(
        each["type"] == "Ready" and each["status"] == "True" and each.get("observedGeneration") == seen.generation
        for each in conditions
    )


@asynccontextmanager
async def stopwatch(cloud: BenchCloud) -> AsyncIterator[Stopwatch]:
    """One that watches this cloud for as long as the block lasts."""
    os.environ["KUBECONFIG"] = str(cloud.kubeconfig)
    kube, stop = HttpKube(login), asyncio.Event()
    watch = Stopwatch(cloud, kube)
    watching = asyncio.create_task(KopfSource(kube, login).run([DEPLOYMENTS], watch.deliver, stop))
    try:
        await asyncio.sleep(1.0)
        yield watch
    finally:
        stop.set()
        with suppress(Exception):
            await asyncio.wait_for(watching, 10.0)
        await kube.close()
