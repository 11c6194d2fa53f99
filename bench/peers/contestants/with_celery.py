"""Celery: acknowledged after the work (its default loses a job with its worker), prefetch 1; threads or prefork."""

from __future__ import annotations

from celery import Celery
from common import Contestant, redis_url

app = Celery("with_celery", broker=redis_url(), backend=redis_url())
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_reject_on_worker_lost=True,
    broker_transport_options={"visibility_timeout": 60},
    result_expires=3600,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
)
PAYLOAD = "x" * 568


@app.task(name="noop")
def noop(payload: str) -> None:
    """Nothing."""


def fill(count: int) -> None:
    """Over one producer."""
    with app.producer_or_acquire() as producer:
        for _ in range(count):
            noop.apply_async((PAYLOAD,), producer=producer)


def work(setting: str) -> None:
    """`threads:8` or `prefork:2`."""
    pool, concurrency = setting.split(":")
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=ERROR"]
    app.worker_main(["worker", f"--pool={pool}", f"--concurrency={concurrency}", *quiet])


def one() -> None:
    """From enqueue to the result."""
    noop.delay(PAYLOAD).get(timeout=10)


if __name__ == "__main__":
    Contestant(fill, work, one).main()
