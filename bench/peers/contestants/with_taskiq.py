"""taskiq over Redis streams: 100 tasks at once; the result polled every millisecond instead of every 0.2 s."""

from __future__ import annotations

import asyncio
import os
import sys

from common import Contestant, redis_url
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

# The worker imports this file and has another command line.
URL = os.environ.get("CONTEST_URL") or redis_url()
broker = RedisStreamBroker(url=URL).with_result_backend(RedisAsyncResultBackend(redis_url=URL, result_ex_time=3600))
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
PAYLOAD = "x" * 568
started: list[bool] = []


@broker.task(task_name="noop")
async def noop(payload: str) -> None:
    """Nothing."""


async def _start() -> None:
    if not started:
        await broker.startup()
        started.append(True)


async def _fill(count: int) -> None:
    await _start()
    for first in range(0, count, 50):
        some = range(first, min(count, first + 50))
        await asyncio.gather(*(noop.kiq(PAYLOAD) for _ in some))


def fill(count: int) -> None:
    """Fifty at once."""
    loop.run_until_complete(_fill(count))


def work(setting: str) -> None:
    """Its command line, one process."""
    os.environ["CONTEST_URL"] = URL
    words = ["--workers", "1", "--max-async-tasks", "100", "--log-level", "ERROR"]
    command = ["taskiq", "worker", "with_taskiq:broker", *words]
    os.chdir(os.path.dirname(__file__))
    os.execv(sys.executable, [sys.executable, "-m", *command])


async def _one() -> None:
    await _start()
    task = await noop.kiq(PAYLOAD)
    await task.wait_result(check_interval=0.001, timeout=10)


def one() -> None:
    """From enqueue to the result."""
    loop.run_until_complete(_one())


if __name__ == "__main__":
    Contestant(fill, work, one).main()
