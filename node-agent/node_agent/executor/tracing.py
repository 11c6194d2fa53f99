"""What the executor tells of a job that it admitted: one span for the attempt, one for each step that it took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jobs.trace import Span, Tell, Trace, trace_of
from node_agent.clock import Clock
from trust.job import JobBody, JobStep, StepOutcome

DONE = frozenset({"done", "unchanged"})


def trace_of_job(body: JobBody) -> Trace | None:
    """The trace of what users signed; a removal may be nobody's revision, and has none."""
    place = body.deployment
    return trace_of(place.tenant, place.namespace, place.name, body.revision) if body.revision else None


@dataclass(frozen=True)
class Attempt:
    """One attempt of a job that passed the gate."""

    job: JobBody
    clock: Clock
    tell: Tell

    @property
    def trace(self) -> Trace | None:
        """Its trace, if it has one."""
        return trace_of_job(self.job)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The span of the attempt, also when it ends by an error."""
        began = self._now()
        try:
            yield
        finally:
            self._tell("run", (), began, True, {"steps": str(len(self.job.steps))})

    def step(self, step: JobStep, position: int, began: float, outcome: StepOutcome) -> None:
        """The span of a step."""
        said = {"outcome": outcome.outcome, "reason": outcome.reason, "resource": f"{step.kind}/{step.name}"}
        parts = ("step", str(position))
        self._tell(f"{step.kind}.{step.verb}", parts, began, outcome.outcome in DONE, said)

    def _tell(self, name: str, parts: tuple[str, ...], began: float, good: bool, said: dict[str, str]) -> None:
        trace = self.trace
        if trace is None:
            return
        own = ("run", self.job.job, str(self.job.attempt))
        parent = trace.span(*own) if parts else trace.span("job", self.job.job)
        ids = {"node": self.job.node, "job": self.job.job, "attempt": str(self.job.attempt)}
        span = Span(trace.id, trace.span(*own, *parts), name, began, self._now(), parent, good, {**ids, **said})
        self.tell(span)

    def _now(self) -> float:
        return self.clock.now().timestamp()
