"""arq: 100 jobs at once, and polls shortened from 0.5 s to 10 ms (worker) and 2 ms (result)."""

from __future__ import annotations

import asyncio
from typing import Any

from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import Worker, func
from common import Contestant, redis_url

settings = RedisSettings.from_dsn(redis_url())
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
PAYLOAD = "x" * 568


async def noop(context: dict[Any, Any], payload: str) -> None:
    """Nothing."""


async def _fill(count: int) -> None:
    pool = await create_pool(settings)
    for first in range(0, count, 50):
        some = range(first, min(count, first + 50))
        await asyncio.gather(*(pool.enqueue_job("noop", PAYLOAD) for _ in some))


def fill(count: int) -> None:
    """Fifty at once."""
    loop.run_until_complete(_fill(count))


def work(setting: str) -> None:
    """One process."""
    Worker(
        [func(noop, name="noop")],
        redis_settings=settings,
        max_jobs=100,
        poll_delay=0.01,
        job_timeout=60,
        keep_result=3600,
        queue_read_limit=500,
    ).run()


pools: list[Any] = []


async def _one() -> None:
    if not pools:
        pools.append(await create_pool(settings))
    job = await pools[0].enqueue_job("noop", PAYLOAD)
    await job.result(timeout=10, poll_delay=0.002)


def one() -> None:
    """From enqueue to the result."""
    loop.run_until_complete(_one())


if __name__ == "__main__":
    Contestant(fill, work, one).main()
