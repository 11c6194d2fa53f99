"""One delivered job from bytes to receipt: gate, journal, verbs. A crash at any line leaves something to go on from."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.about import about
from jobs.trace import Tell, untold
from node_agent.errors import NodeError, TryAgain
from node_agent.executor import plan_form
from node_agent.executor.assign import key_of, work_of
from node_agent.executor.enrolment import Enrolment
from node_agent.executor.journal import Delivery, Journal, Known
from node_agent.executor.locks import Locks
from node_agent.executor.memory import Memory
from node_agent.executor.receipts import Notary, Verdict
from node_agent.executor.tracing import Attempt
from node_agent.executor.verbs import verbs
from node_agent.executor.work import Tools
from trust.certificate import NodeCertificate
from trust.errors import Code, Refusal, TrustError
from trust.gate import Admitted, AdmittedStep, Documents, admit
from trust.job import JobStep, StepOutcome

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Runner:
    """Runs jobs; may be used by several threads at once."""

    tools: Tools
    journal: Journal
    memory: Memory
    enrolment: Enrolment
    notary: Notary
    locks: Locks
    stopping: StopList

    def look(self, job: str, attempt: int) -> Known:
        """What this delivery is."""
        return self.journal.look(job, attempt)

    def run(
        self, job: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes], tell: Tell = untold
    ) -> bytes:
        """The receipt of this attempt. A finished one is answered from the journal. `tell` hears of its spans.

        A job runs once at a time: an agent that was started again brings what its predecessor left in hand here.
        """
        with self.locks.hold(job), about(job=job, attempt=str(attempt)):
            return self._run(job, attempt, envelope, documents, tell)

    def _run(self, job: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes], tell: Tell) -> bytes:
        known = self.journal.look(job, attempt)
        if known.receipt is not None:
            return known.receipt
        try:
            if known.delivery is Delivery.STALE:
                raise Refusal(Code.STALE_EPOCH, f"attempt {attempt} came after attempt {known.highest}")
            own = self.enrolment.certificate()
            admitted = self._admit(job, attempt, envelope, documents, own)
        except TrustError as error:
            return self._turn_away(job, attempt, _refused(error))
        except TryAgain as error:
            return self._turn_away(job, attempt, Verdict("failed", error.reason, error.message))
        traced = Attempt(admitted.job, self.tools.clock, tell)
        with about(**_ids(traced)), traced.whole():
            verdict = self._perform(admitted, own, traced)
        now = int(self.tools.clock.now().timestamp())
        return self.journal.finish(job, now, lambda head: self.notary.write(job, attempt, verdict, head))

    def _admit(
        self, job: str, attempt: int, envelope: bytes, documents: Mapping[str, bytes], own: NodeCertificate
    ) -> Admitted:
        now = self.tools.clock.now()
        admitted = admit(envelope, _reader(documents), self.memory.marks(envelope), own, now)
        if (admitted.job.job, admitted.job.attempt) != (job, attempt):
            raise Refusal(Code.WRONG_NAME, f"delivered as {job}/{attempt}, signed as {admitted.job.job}")
        plan_form.require(admitted, documents)
        self.memory.require_not_removed(admitted)
        with self.tools.store.transaction():
            self.journal.begin(job, attempt)
            self.memory.remember(admitted, documents[admitted.job.trust], self.journal.concluded(job))
        return admitted

    def _turn_away(self, job: str, attempt: int, verdict: Verdict) -> bytes:
        """Says no without a word in the journal: a forged entry must not stand in the way of the true one."""
        log.warning("%s: %s: %s", verdict.state, verdict.reason, verdict.message)
        return self.journal.chain(lambda head: self.notary.write(job, attempt, verdict, head))

    def _perform(self, admitted: Admitted, own: NodeCertificate, traced: Attempt) -> Verdict:
        job, concluded = admitted.job.job, self.journal.concluded(admitted.job.job)
        outcomes: list[StepOutcome] = []
        failed: StepOutcome | None = None
        for position, step in enumerate(admitted.steps):
            if failed is not None:
                outcomes.append(_outcome(step.step, "skipped", failed.reason))
            elif position in concluded:
                outcomes.append(_outcome(step.step, "done"))
            elif self.stopping.asked(job):
                failed = _outcome(step.step, "skipped", "Cancelled", "stopped before this step")
                outcomes.append(failed)
            else:
                began = self.tools.clock.now().timestamp()
                outcomes.append(self._step(admitted, position, step, own))
                traced.step(step.step, position, began, outcomes[-1])
                failed = outcomes[-1] if outcomes[-1].outcome == "failed" else None
        self.stopping.forget(job)
        if failed is None:
            return Verdict("succeeded", "Succeeded", steps=tuple(outcomes))
        return Verdict("failed", failed.reason, failed.message, tuple(outcomes))

    def _step(self, admitted: Admitted, position: int, step: AdmittedStep, own: NodeCertificate) -> StepOutcome:
        order = step.step
        try:
            key = key_of(admitted, step)
            with self.locks.hold(key):
                work = work_of(admitted, step, own, self.tools.resources.get(key))
                self.memory.require_newest(admitted.job, order)
                self.journal.intend(admitted.job.job, position)
                changed = verbs()[order.kind, order.verb].perform(work, self.tools)
                self.journal.conclude(admitted.job.job, position)
        except NodeError as error:
            log.warning("%s.%s %s: %s: %s", order.kind, order.verb, order.name, error.reason, error)
            return _outcome(order, "failed", error.reason, error.message)
        except Exception as error:
            # What nobody foresaw fails this attempt; without a receipt the same job would come again for ever.
            log.exception("%s.%s %s", order.kind, order.verb, order.name)
            return _outcome(order, "failed", "Internal", f"{type(error).__name__}: see the node's log")
        log.info("%s.%s %s: %s", order.kind, order.verb, order.name, "done" if changed else "as it should be")
        return _outcome(order, "done" if changed else "unchanged")


def _ids(traced: Attempt) -> dict[str, str]:
    """What its lines in the log are about."""
    place, trace = traced.job.deployment, traced.trace
    ids = {"deployment": f"{place.namespace}/{place.name}", "node": traced.job.node}
    return {**ids, "trace": trace.id} if trace else ids


class StopList:
    """Jobs that were asked to stop at their next step."""

    def __init__(self) -> None:
        self._jobs: set[str] = set()
        self._lock = threading.Lock()

    def ask(self, job: str) -> None:
        """From now on."""
        with self._lock:
            self._jobs.add(job)

    def asked(self, job: str) -> bool:
        """Whether it was asked to stop."""
        with self._lock:
            return job in self._jobs

    def forget(self, job: str) -> None:
        """The job is over."""
        with self._lock:
            self._jobs.discard(job)


def _reader(documents: Mapping[str, bytes]) -> Documents:
    def read(digest: str) -> bytes:
        if digest not in documents:
            raise TryAgain("DocumentMissing", f"document {digest} did not come with the job: it is placed again")
        return documents[digest]

    return read


def _refused(error: TrustError) -> Verdict:
    reason = error.code if isinstance(error, Refusal) else Code.BAD_ENCODING
    return Verdict("refused", reason.value, str(error))


def _outcome(step: JobStep, outcome: str, reason: str = "", message: str = "") -> StepOutcome:
    return StepOutcome.model_validate(
        {"kind": step.kind, "name": step.name, "verb": step.verb, "outcome": outcome, "reason": reason or "Done"}
        | {"message": message[:1024]}
    )
