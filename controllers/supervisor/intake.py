"""Takes what nodes answered into Kubernetes; only then the queue may forget it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from controllers.loop.conditions import condition
from controllers.loop.kube import Kube
from controllers.loop.metrics import Refuse, uncounted
from controllers.loop.objects import Object, ObjectKey
from controllers.supervisor.apply import MANAGER, Hands
from controllers.supervisor.caches import Caches
from controllers.supervisor.inbox import Inbox
from controllers.supervisor.orders import ABSENT, retry_at
from controllers.supervisor.receipts import Answer, job_status, open_answer
from controllers.supervisor.removals import Removals
from jobs.about import about
from jobs.broker import ControllerBroker, Event
from jobs.errors import JobsError
from trust.errors import Code
from trust.part import format_time

log = logging.getLogger(__name__)
Answered = Callable[[Object, Answer], None]
"""Hears which job was answered how."""


def unheard(job: Object, answer: Answer) -> None:
    """For who is asked without a process around it."""


@dataclass(frozen=True)
class Intake:
    """What answers are taken in with."""

    kube: Kube
    broker: ControllerBroker
    caches: Caches
    inbox: Inbox
    removals: Removals
    hands: Hands
    refuse: Refuse = uncounted
    answered: Answered = unheard

    async def take_in(self, key: ObjectKey, now: datetime) -> None:
        """Stores what waits for this deployment, and settles it. Raises KubeError; what is left waits on."""
        for event in self.inbox.waiting(key):
            with about(job=event.uid, attempt=str(event.attempt), node=event.node):
                await self._take_in(event, now)
            self.inbox.done(key, event)

    async def _take_in(self, event: Event, now: datetime) -> None:
        answer = open_answer(event, self.caches.certificate(event.node))
        self._count(answer)
        if answer is not None:
            log.info("answered: %s", answer.reason if answer.succeeded else answer.message)
            await (self._removal if event.uid.endswith(ABSENT) else self._job)(event, answer, now)
        try:
            await self.broker.settle([event])
        except JobsError as error:
            log.debug("settled later: %s", error)

    def _count(self, answer: Answer | None) -> None:
        """Counts what the node refused, and what is no answer of the node's."""
        if answer is None:
            log.warning("what was said is not signed by the node for this job and attempt: it counts for nothing")
            self.refuse("receipt", str(Code.BAD_SIGNATURE))
        elif answer.refusal:
            self.refuse("job", answer.refusal)

    async def _job(self, event: Event, answer: Answer, now: datetime) -> None:
        """An answer counts for the node and the attempt that were asked, and only while the job is open."""
        for job in self.caches.jobs.by("uid", event.uid):
            if job.spec["node"] == event.node and _attempt(job) == event.attempt and _is_open(job):
                await self.kube.apply_status(job, job_status(job, answer, now), MANAGER)
                self.answered(job, answer)

    async def _removal(self, event: Event, answer: Answer, now: datetime) -> None:
        uid = event.uid.removesuffix(ABSENT)
        for seen in (*self.caches.machines.by("uid", uid), *self.caches.volumes.by("uid", uid)):
            if seen.spec["node"] != event.node or seen.deletion_timestamp is None:
                continue
            if answer.succeeded:
                self.removals.done(seen)
                await self.hands.release(seen)
            elif _attempt(seen) == event.attempt:
                due = format_time(retry_at(event.attempt, uid, now))
                wanted = {**seen.status, "attempt": event.attempt + 1, "nextAttempt": due}
                await self.kube.apply_status(seen, wanted, MANAGER)
                self.removals.failed(seen, answer.message)


def _attempt(seen: Object) -> int:
    return int(seen.status.get("attempt") or 1)


def _is_open(job: Object) -> bool:
    found = condition(job.status, "Succeeded")
    return found is None or found["status"] == "Unknown"
