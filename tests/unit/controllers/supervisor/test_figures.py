"""A supervisor tells of its own jobs, of its queue, and of nothing while another leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from controllers.loop.cache import Cache
from controllers.loop.lease import Lease
from controllers.loop.measures import Measures
from controllers.loop.objects import Object
from controllers.supervisor.caches import JOBS, Caches
from controllers.supervisor.figures import Figures
from controllers.supervisor.queue_look import QueueLook
from controllers.supervisor.receipts import Answer
from jobs.testing import MemoryControllerBroker, MemoryRedis
from tests.unit.controllers.loop.test_measures import series
from tests.unit.controllers.supervisor.world import World

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OUTCOMES = {"True": "Succeeded", "False": "Superseded"}


@dataclass
class Leading:
    """A lease, as far as figures look at it."""

    leading: bool = True


def job(name: str, version: int, status: str, supervisor: str = "eu", age: int = 0) -> Object:
    created = f"{NOW - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"
    metadata: dict[str, Any] = {
        "name": name, "namespace": "a", "uid": name, "resourceVersion": str(version), "creationTimestamp": created,
    }  # fmt: skip
    said = [{"type": "Succeeded", "status": status, "reason": OUTCOMES[status]}] if status else []
    return Object(JOBS, {"metadata": metadata, "spec": {"supervisor": supervisor}, "status": {"conditions": said}})


def figures(leading: Leading | None = None) -> tuple[Figures, Cache]:
    made = Figures(Measures(), "eu", cast(Lease, leading), lambda: NOW)
    return made, Cache(JOBS, tallies=[made.jobs.count])


def told(made: Figures, name: str) -> list[float]:
    return [value for (metric, _), value in series(made.measures).items() if metric == name]


def test_the_oldest_open_job_is_told_and_an_ended_one_is_old_no_more() -> None:
    made, cache = figures()
    for each in (job("old", 1, "", age=100), job("new", 2, "", age=10), job("foreign", 3, "", "us", age=900)):
        cache.put(each)
    assert told(made, "hardpan_job_oldest_open_seconds") == [100]
    cache.put(job("old", 4, "True", age=100))
    assert told(made, "hardpan_job_oldest_open_seconds") == [10]
    cache.drop(job("new", 2, ""))
    assert told(made, "hardpan_job_oldest_open_seconds") == [0]


def test_jobs_of_other_supervisors_are_theirs_to_count() -> None:
    made, cache = figures()
    cache.put(job("mine", 1, "True"))
    cache.put(job("theirs", 2, "True", "us"))
    assert told(made, "hardpan_objects") == [1]


def test_who_stands_by_tells_nothing_that_the_leader_tells() -> None:
    standing = Leading(False)
    made, cache = figures(standing)
    cache.put(job("mine", 1, "", age=5))
    assert told(made, "hardpan_objects") + told(made, "hardpan_job_oldest_open_seconds") == []
    standing.leading = True
    assert (told(made, "hardpan_objects"), told(made, "hardpan_job_oldest_open_seconds")) == ([1], [5])


def test_an_answer_is_counted_and_a_success_timed() -> None:
    made, _ = figures()

    @dataclass
    class Receipt:
        state: str

    for state in ("failed", "succeeded"):
        made.answered(job("one", 1, "", age=42), Answer(cast(Any, Receipt(state)), ""))
    assert told(made, "hardpan_job_answers_total") == [1, 1]
    assert (told(made, "hardpan_job_seconds_count"), told(made, "hardpan_job_seconds_sum")) == ([1], [42])


async def test_a_queue_that_waits_and_one_that_is_away_are_told() -> None:
    now = 100.0
    redis = MemoryRedis(lambda: now)
    broker, world = MemoryControllerBroker(redis), await World().begin()
    made, _ = figures()
    look = QueueLook(broker, world.caches, made.queue)
    assert told(made, "hardpan_queue_reachable") == []
    [node] = [each.name for each in world.caches.known_nodes()]
    await broker.enqueue(node, "job", 1, b"", {})
    now += 60
    await look.look()
    assert told(made, "hardpan_queue_reachable") == [1]
    assert told(made, "hardpan_queue_oldest_undelivered_seconds") == [60]
    redis.down = True
    await look.look()
    assert told(made, "hardpan_queue_reachable") == [0]
    assert told(made, "hardpan_queue_oldest_undelivered_seconds") == []


async def test_a_queue_of_no_node_is_asked_all_the_same() -> None:
    redis = MemoryRedis()
    made, _ = figures()
    look = QueueLook(MemoryControllerBroker(redis), Caches(World().caches.trust), made.queue)
    redis.down = True
    await look.look()
    assert told(made, "hardpan_queue_reachable") == [0]
