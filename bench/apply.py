"""From the API server's acceptance of one signed machine to Ready, through every real part but the hypervisor's guest.

Kubernetes, controllers, Redis, nodes and this client share the machine's cores.
"""

from __future__ import annotations

import asyncio

from bench.cloud import BenchCloud, running
from bench.report import Row, percentiles
from bench.stopwatch import Stopwatch, stopwatch

ALONE, STEADY, PAUSE_SECONDS = 20, 100, 0.1


def measure() -> list[Row]:
    """One deployment at a time, then a hundred, a tenth of a second apart."""
    with running(2) as cloud:
        return asyncio.run(_measure(cloud))


async def _measure(cloud: BenchCloud) -> list[Row]:
    async with stopwatch(cloud) as watch:
        alone = await _alone(watch)
        steady = await _steady(watch)
    return [
        *percentiles("apply → Ready, one deployment, idle", alone, "ms", {50: 500.0, 95: 1000.0}),
        *percentiles("apply → Ready, 100 deployments 100 ms apart", steady, "ms", {50: 1000.0, 95: 2000.0}),
    ]


async def _alone(watch: Stopwatch) -> list[float]:
    names = [f"alone-{number}" for number in range(ALONE + 1)]
    for name in names:
        made = await watch.create(watch.manifest(name))
        await watch.ready(name)
        await watch.remove(made)
    return [watch.took[name] for name in names[1:]]


async def _steady(watch: Stopwatch) -> list[float]:
    manifests = [watch.manifest(f"steady-{number}") for number in range(STEADY)]
    names = [each["metadata"]["name"] for each in manifests]
    sent = []
    for manifest in manifests:
        sent.append(asyncio.create_task(watch.create(manifest)))
        await asyncio.sleep(PAUSE_SECONDS)
    made = await asyncio.gather(*sent)
    await asyncio.gather(*(watch.ready(name) for name in names))
    await asyncio.gather(*(watch.remove(each) for each in made))
    return [watch.took[name] for name in names]
