"""The supervisor's spans: a revision that it accepted, and each job from its creation to the node's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from controllers.loop.cache import Cache
from controllers.loop.objects import Object
from controllers.supervisor.receipts import Answer
from crds.meta import TRACEPARENT
from crds.revisionmark import RevisionMarkSpec
from jobs.trace import Span, Tell, Trace, trace_of
from trust.part import parse_time


def trace_of_mark(mark: RevisionMarkSpec) -> Trace:
    """The trace of the revision that a mark holds."""
    return trace_of(mark.tenant, mark.namespace, mark.name, mark.revision)


@dataclass(frozen=True)
class Traces:
    """Tells of spans; `marks` say for which tenant a revision was accepted."""

    tell: Tell
    marks: Cache
    now: Callable[[], datetime]

    def accepted(self, seen: Object, mark: RevisionMarkSpec, began: datetime) -> None:
        """A new revision counts from now on."""
        trace, ids = trace_of_mark(mark), {"deployment": str(seen.key), "revision": str(mark.revision)}
        own, link = trace.span("accept"), seen.annotations.get(TRACEPARENT, "")
        self.tell(Span(trace.id, own, "accept", *self._since(began), trace.span("apply"), True, ids, link))

    def answered(self, job: Object, answer: Answer) -> None:
        """A node answered to an open job. One of a revision that counts no more belongs to no trace any more."""
        work = job.spec["plan"]
        for seen in self.marks.by("place", (job.namespace, work["deployment"])):
            mark = RevisionMarkSpec.model_validate(seen.spec)
            if mark.revision == work["revision"] and mark.plan == work["plan"]:
                self._job(job, answer, trace_of_mark(mark))

    def _job(self, job: Object, answer: Answer, trace: Trace) -> None:
        ids = {"job": job.uid, "node": job.spec["node"], "attempt": str(answer.receipt.attempt)}
        said = {**ids, "outcome": answer.receipt.state}
        times = self._since(parse_time(job.created))
        own, parent = trace.span("job", job.uid), trace.span("accept")
        self.tell(Span(trace.id, own, "job", *times, parent, answer.succeeded, said))

    def _since(self, began: datetime) -> tuple[float, float]:
        return began.timestamp(), self.now().timestamp()
