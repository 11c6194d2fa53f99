"""What admission costs: signature, script and ceilings of one deployment.

The webhook's own application is asked, over its HTTP interface but without a socket: TLS and the API server's part
come on top (reference/k3s.md: 0.6 ms).
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from bench.report import Row, percentiles
from bench.script import PARAMS, SCRIPT
from controllers.admission.app import PATH, create
from controllers.admission.review import Admission
from controllers.loop.cache import Cache
from controllers.loop.objects import resource_of
from controllers.review import Reviewer
from crds.revisionmark import REVISION_MARK
from plans.author import Author
from plans.evaluator import InChild
from tests.unit.trust import world

DEPLOYMENTS = 300


def measure() -> list[Row]:
    """Milliseconds for deployments that were never seen before."""
    return percentiles("admission of one deployment", asyncio.run(_measure()), "ms", {50: 10.0, 99: 50.0})


async def _measure() -> list[float]:
    ceilings = {"machines": 100, "cpus": 100, "memory": 1 << 40, "volumes": 100, "storage": 1 << 42}
    records = world.standard_records() | {"Tenant/a": world.tenant("alice", ceilings=ceilings)}
    view = world.World(records=records).view()
    evaluator = InChild()
    admission = Admission(Reviewer(evaluator), Cache(resource_of(REVISION_MARK)), lambda: view, lambda: world.NOW)
    transport = httpx.ASGITransport(create(admission))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://admission") as client:
            return [await _ask(client, review) for review in _reviews()][1:]
    finally:
        evaluator.close()


async def _ask(client: httpx.AsyncClient, review: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = await client.post(PATH, json=review)
    took = (time.perf_counter() - began) * 1000
    response = answer.json()["response"]
    assert response["allowed"], response
    return took


def _reviews() -> list[dict[str, Any]]:
    author = Author(world.CLUSTER, world.TENANT, "a", world.seed("alice"))
    found = []
    for number in range(DEPLOYMENTS + 1):
        made = author.manifest(f"web-{number}", SCRIPT, PARAMS, world.NOW)
        request = {"uid": str(number), "operation": "CREATE", "namespace": "a", "name": f"web-{number}"}
        found.append({"request": {**request, "object": made}})
    return found
