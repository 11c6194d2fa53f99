"""A thousand signed deployments at once on a hundred simulated nodes, until the last of them is Ready.

All nodes are threads of one process, with real agents, executors, journals and connections; it shares the cores with
everything else, as does this client, which signs beforehand.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from bench.cloud import BenchCloud, running
from bench.memory import resident
from bench.report import Row, percentiles
from bench.stopwatch import Stopwatch, stopwatch
from cli.control_plane import ROLES

NODES, DEPLOYMENTS, CONNECTIONS = 100, 1000, 50
CPUS = 16
"""Of a node: placement fills one after the other, so nodes without bounds would leave all to one."""
PATIENCE_SECONDS = 600.0


def measure() -> list[Row]:
    """Until all are Ready, and what the controllers hold in memory then."""
    with running(NODES, CPUS) as cloud:
        rows = asyncio.run(_measure(cloud))
        return [*rows, *_memory(cloud)]


async def _measure(cloud: BenchCloud) -> list[Row]:
    async with stopwatch(cloud) as watch:
        manifests = [watch.manifest(f"crowd-{number}") for number in range(DEPLOYMENTS)]
        began = time.perf_counter()
        await _create(watch, manifests)
        created = time.perf_counter() - began
        await asyncio.gather(*(watch.ready(each["metadata"]["name"], PATIENCE_SECONDS) for each in manifests))
        ready = time.perf_counter() - began
    what = f"{DEPLOYMENTS:,} deployments at once on {NODES} nodes"
    return [
        Row(f"{what}: all accepted", created, "s"),
        Row(f"{what}: all Ready", ready, "s", 60.0),
        *percentiles("of these, create → Ready", list(watch.took.values()), "ms", {50: None, 95: None}),
    ]


async def _create(watch: Stopwatch, manifests: list[Mapping[str, Any]]) -> None:
    """As many at a time as a patient client keeps connections."""
    free = asyncio.Semaphore(CONNECTIONS)

    async def one(manifest: Mapping[str, Any]) -> None:
        async with free:
            await watch.create(manifest)

    await asyncio.gather(*(one(each) for each in manifests))


def _memory(cloud: BenchCloud) -> list[Row]:
    """Resident memory of the controllers; the budget is for ten times as many."""
    return [Row(f"memory of {role} then", resident(cloud.pid(role)), "MiB", 128.0) for role in ROLES]
