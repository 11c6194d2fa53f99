"""From the API server's acceptance of one signed machine to Ready, through every real part but the hypervisor's guest.

Kubernetes, controllers, Redis, nodes and this client share the machine's cores. The clock starts when the creation is
sent and stops when the watch shows Ready for that generation; kubectl's own start is not in it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from bench.cloud import IMAGE_DIGEST, BenchCloud, running
from bench.report import Row, percentiles
from controllers.loop.access import login
from controllers.loop.informer import WatchEvent
from controllers.loop.kube_http import HttpKube
from controllers.loop.objects import Object, resource_of
from controllers.loop.watch import KopfSource
from crds.deployment import DEPLOYMENT

DEPLOYMENTS = resource_of(DEPLOYMENT)
SCRIPT = 'machine(params.name, #{ memory: "64Mi", disk: "64Mi", image: params.image });'
IMAGE = f"https://images.example/none.raw#sha256={IMAGE_DIGEST}"
ALONE, STEADY, PAUSE_SECONDS = 20, 100, 0.1
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


def measure() -> list[Row]:
    """One deployment at a time, then a hundred, a tenth of a second apart."""
    with running(2) as cloud:
        os.environ["KUBECONFIG"] = str(cloud.kubeconfig)
        return asyncio.run(_measure(cloud))


async def _measure(cloud: BenchCloud) -> list[Row]:
    kube, stop = HttpKube(login), asyncio.Event()
    stopwatch = Stopwatch(cloud, kube)
    watching = asyncio.create_task(KopfSource(kube, login).run([DEPLOYMENTS], stopwatch.deliver, stop))
    try:
        await asyncio.sleep(1.0)
        alone = await _alone(stopwatch)
        steady = await _steady(stopwatch)
    finally:
        stop.set()
        with suppress(Exception):
            await asyncio.wait_for(watching, 10.0)
        await kube.close()
    return [
        *percentiles("apply → Ready, one deployment, idle", alone, "ms", {50: 500.0, 95: 1000.0}),
        *percentiles("apply → Ready, 100 deployments 100 ms apart", steady, "ms", {50: 1000.0, 95: 2000.0}),
    ]


async def _alone(stopwatch: Stopwatch) -> list[float]:
    names = [f"alone-{number}" for number in range(ALONE + 1)]
    for name in names:
        made = await stopwatch.create(stopwatch.manifest(name))
        await stopwatch.ready(name)
        await stopwatch.remove(made)
    return [stopwatch.took[name] for name in names[1:]]


async def _steady(stopwatch: Stopwatch) -> list[float]:
    manifests = [stopwatch.manifest(f"steady-{number}") for number in range(STEADY)]
    names = [each["metadata"]["name"] for each in manifests]
    sent = []
    for manifest in manifests:
        sent.append(asyncio.create_task(stopwatch.create(manifest)))
        await asyncio.sleep(PAUSE_SECONDS)
    made = await asyncio.gather(*sent)
    await asyncio.gather(*(stopwatch.ready(name) for name in names))
    await asyncio.gather(*(stopwatch.remove(each) for each in made))
    return [stopwatch.took[name] for name in names]
