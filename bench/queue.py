"""A no-op job through the bare queue, one worker: rate when full, latency when quiet. `python -m bench.queue`, ≤ 10 s.

Budget of DESIGN section 13: ≥ 1.8 × the best of RQ, arq, dramatiq, Celery and taskiq. This run measures none of them:
their best, 2,052 jobs/s (dramatiq), is an earlier measurement with all parts on one core and without TLS, so the line
is an orientation, no comparison. The 3 ms are for a job with signature and journal, of which this is only the queue.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import redis

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
BUDGET_MILLISECONDS = 3.0


@dataclass(frozen=True)
class Result:
    """Jobs per second from a full queue; milliseconds from placement to event on a quiet one."""

    rate: float
    quiet: list[float]


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


async def measure(server: RedisServer) -> Result:
    """Both figures on a fresh server."""
    supervisor = RedisControllerBroker(server.supervisor)
    await supervisor.ensure_ready([NODE])
    await supervisor.grant(NODE, "password")
    node = RedisNodeBroker(NODE, server.connection(NODE, "password"))
    try:
        return Result(await full(supervisor, node), await quiet(supervisor, node))
    finally:
        node.close()
        await supervisor.close()


def table(result: Result) -> str:
    """The figures beside their budgets."""
    p50, p99 = statistics.median(result.quiet), sorted(result.quiet)[int(0.99 * len(result.quiet))]
    today = datetime.now(UTC).date().isoformat()
    return "\n".join(
        [
            f"queue, bare, TLS, one worker   {today}  {os.cpu_count()} cores  {platform.platform()}  "
            f"Python {platform.python_version()}  redis-py {redis.__version__}",
            f"{'':32}{'measured':>12}{'budget':>12}",
            f"{'jobs/s, full queue':32}{result.rate:>12,.0f}{f'≥ {BUDGET_RATE:,}':>12}",
            f"{'p50 ms, quiet queue':32}{p50:>12.2f}{f'≤ {BUDGET_MILLISECONDS:g}':>12}",
            f"{'p99 ms, quiet queue':32}{p99:>12.2f}{'–':>12}",
            f"anchor {BEST_OTHER:,} jobs/s: earlier, one core, no TLS, not measured in this run; "
            "3 ms include signature and journal, which are not in this run",
        ]
    )


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis")
        server.start()
        try:
            print(table(asyncio.run(measure(server))))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
