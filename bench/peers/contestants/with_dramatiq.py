"""dramatiq: 8 threads a process, its default; results stored."""

from __future__ import annotations

import logging
import signal

import dramatiq
from common import Contestant, redis_url
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

broker = RedisBroker(url=redis_url())
broker.add_middleware(Results(backend=RedisBackend(url=redis_url()), store_results=True, result_ttl=3_600_000))
dramatiq.set_broker(broker)
logging.disable(logging.ERROR)
PAYLOAD = "x" * 568


@dramatiq.actor(max_retries=3)
def noop(payload: str) -> None:
    """Nothing."""


def fill(count: int) -> None:
    """Its batch, which sends one by one."""
    dramatiq.group([noop.message(PAYLOAD) for _ in range(count)]).run()


def work(setting: str) -> None:
    """One process."""
    dramatiq.Worker(broker, worker_threads=8).start()
    signal.pause()


def one() -> None:
    """From enqueue to the result."""
    noop.send(PAYLOAD).get_result(block=True, timeout=10_000)


if __name__ == "__main__":
    Contestant(fill, work, one).main()
