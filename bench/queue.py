"""A no-op job through the bare queue, one worker: rate when full, latency when quiet.

Budget of DESIGN section 13: ≥ 1.8 × the best of RQ, arq, dramatiq, Celery and taskiq. This run measures none of them:
their best, 2,052 jobs/s (dramatiq), is an earlier measurement with all parts on one core and without TLS, so the line
is an orientation, no comparison. The 3 ms are for a job with signature and journal, of which this is only the queue.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from pathlib import Path

from bench.report import Row, percentiles
from jobs.broker import Claim
from jobs.redis_controller import RedisControllerBroker
from jobs.redis_node import RedisNodeBroker
from tests.system.redis_server import RedisServer

NODE = "n-" + "a" * 26
ENVELOPE = bytes(568)
FULL_JOBS = 2_000
QUIET_JOBS = 40
SILENCE_SECONDS = 0.02
BEST_OTHER = 2_052
BUDGET_RATE = int(1.8 * BEST_OTHER)


def finish(node: RedisNodeBroker, claim: Claim) -> None:
    """All that a job costs the queue."""
    node.start(claim, "boot", takeover=True)
    node.finish(claim, "boot", b"done")


async def full(supervisor: RedisControllerBroker, node: RedisNodeBroker) -> float:
    """Jobs per second of one worker that finds all its work waiting."""
    for number in range(FULL_JOBS):
        await supervisor.enqueue(NODE, f"full-{number}", 1, ENVELOPE, {})
    began = time.perf_counter()
    while (claim := node.claim(0, pending=False)) is not None:
        finish(node, claim)
    took = time.perf_counter() - began
    while events := await supervisor.events([NODE], 0):
        await supervisor.settle(events)
    return FULL_JOBS / took


async def quiet(supervisor: RedisControllerBroker, node: RedisNodeBroker) -> list[float]:
    """Milliseconds of single jobs, each after a silence in which both sides wait in Redis."""
    done = threading.Event()
    worker = threading.Thread(target=_work, args=(node, done))
    worker.start()
    took = []
    try:
        for number in range(QUIET_JOBS):
            await asyncio.sleep(SILENCE_SECONDS)
            began = time.perf_counter()
            await supervisor.enqueue(NODE, f"quiet-{number}", 1, ENVELOPE, {})
            events = await supervisor.events([NODE], 5.0)
            took.append((time.perf_counter() - began) * 1000)
            await supervisor.settle(events)
    finally:
        done.set()
        worker.join()
    return took


def _work(node: RedisNodeBroker, done: threading.Event) -> None:
    while not done.is_set():
        if (claim := node.claim(0.2, pending=False)) is not None:
            finish(node, claim)


async def _measure(server: RedisServer) -> list[Row]:
    supervisor = RedisControllerBroker(server.supervisor)
    await supervisor.ensure_ready([NODE])
    await supervisor.grant(NODE, "password")
    node = RedisNodeBroker(NODE, server.connection(NODE, "password"))
    try:
        rate = Row("jobs, full queue", await full(supervisor, node), "jobs/s", BUDGET_RATE, at_least=True)
        return [rate, *percentiles("one job, quiet queue", await quiet(supervisor, node), "ms", {50: 3.0, 99: None})]
    finally:
        node.close()
        await supervisor.close()


def measure() -> list[Row]:
    """Both figures on a fresh server."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis")
        server.start()
        try:
            return asyncio.run(_measure(server))
        finally:
            server.kill()
