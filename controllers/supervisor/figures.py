"""What a supervisor tells of its jobs and of the queue, and nothing of what other supervisors serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from controllers.by_condition import ByCondition, show
from controllers.loop.conditions import condition
from controllers.loop.lease import Lease
from controllers.loop.measures import Measures, Row
from controllers.loop.objects import Object
from controllers.supervisor.receipts import Answer
from crds.job import JOB
from trust.part import parse_time

JOB_SECONDS = (1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)


class Jobs:
    """A tally of the cache of Jobs: those of one supervisor by what they say, and since when the open ones are open."""

    def __init__(self, supervisor: str) -> None:
        self._supervisor = supervisor
        self._open: dict[str, str] = {}
        self.by_condition = ByCondition(JOB)

    def count(self, seen: Object, sign: int) -> None:
        """A job came (1) or went (-1)."""
        if seen.spec.get("supervisor") != self._supervisor:
            return
        self.by_condition.count(seen, sign)
        said = condition(seen.status, "Succeeded")
        if sign > 0 and (said is None or said["status"] == "Unknown"):
            self._open[seen.uid] = seen.created
        else:
            self._open.pop(seen.uid, None)

    def oldest(self, now: datetime) -> float:
        """For how many seconds the oldest open one is open; 0 when none is."""
        return (now - parse_time(min(self._open.values()))).total_seconds() if self._open else 0.0


@dataclass
class Queue:
    """What the last look at the queue found; the figures of a queue that cannot be reached are of no worth."""

    reachable: bool = False
    looked: bool = False
    waiting_seconds: float = 0.0
    unsettled: int = 0

    def reached(self) -> list[Row]:
        """1 or 0, and nothing before the first look."""
        return [((), float(self.reachable))] if self.looked else []

    def oldest(self) -> list[Row]:
        """For how long the oldest entry waits."""
        return [((), self.waiting_seconds)] if self.reachable else []

    def events(self) -> list[Row]:
        """How many events wait."""
        return [((), float(self.unsettled))] if self.reachable else []


@dataclass
class Figures:
    """The supervisor's metrics. `lease` and `now` are those of its process."""

    measures: Measures
    supervisor: str
    lease: Lease | None
    now: Callable[[], datetime]
    jobs: Jobs = field(init=False)
    queue: Queue = field(default_factory=Queue)

    def __post_init__(self) -> None:
        made, self.jobs = self.measures, Jobs(self.supervisor)
        show(made, [self.jobs.by_condition], self.lease)
        made.observed("hardpan_job_oldest_open_seconds", "Age of the oldest Job that is open", self._oldest_job)
        self._answers = made.counter(
            "hardpan_job_answers", "What nodes answered to Jobs", outcome="`succeeded`, `failed`, `refused`"
        )
        self._seconds = made.histogram(
            "hardpan_job_seconds", "From a Job's creation until all its steps are done", JOB_SECONDS
        )
        made.observed("hardpan_queue_reachable", "1 while Redis answers the supervisor, else 0", self.queue.reached)
        made.observed(
            "hardpan_queue_oldest_undelivered_seconds",
            "Age of the oldest entry of a node's queue that the node has not taken; 0 when there is none",
            self.queue.oldest,
        )
        made.observed(
            "hardpan_queue_unsettled_events", "What nodes said and the supervisor did not store yet", self.queue.events
        )

    def answered(self, job: Object, answer: Answer) -> None:
        """A node answered to an open job."""
        self._answers.labels(answer.receipt.state).inc()
        if answer.succeeded:
            self._seconds.observe((self.now() - parse_time(job.created)).total_seconds())

    def _oldest_job(self) -> list[Row]:
        return [((), self.jobs.oldest(self.now()))] if self.lease is None or self.lease.leading else []
