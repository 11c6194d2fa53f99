"""What the gate is told of the past, and what it leaves behind for the next job."""

from __future__ import annotations

from dataclasses import dataclass

from node_agent.errors import TryAgain
from node_agent.executor.marks import Mark, Marks, subject
from node_agent.executor.resources import KINDS, Key, Resources
from node_agent.executor.trust_state import TrustState
from trust import gate, revision
from trust.errors import Code, Refusal
from trust.gate import Admitted, Fence, ResourceKey
from trust.job import JOB_TYPE, JobBody, JobStep
from trust.machine import peek
from trust.part import parse_time


@dataclass(frozen=True)
class Memory:
    """The marks of this node in the gate's terms."""

    numbers: Marks
    trust: TrustState
    resources: Resources

    def marks(self, envelope: bytes) -> gate.Marks:
        """What is remembered of what the job claims to be about; the claim itself is checked by the gate."""
        job = peek(envelope, JOB_TYPE, JobBody)
        fences = {_key(job, step): fence for step in job.steps if (fence := self._fence(job, step)) is not None}
        lease = self.numbers.get("lease", job.supervisor).number
        trust = self.trust
        return gate.Marks(trust.cluster, trust.version, lease, self._revision(job), fences, trust.root_version)

    def require_not_removed(self, admitted: Admitted) -> None:
        """Refusal(RemovedSince) for an ensure that was signed before the resource's last removal."""
        job = admitted.job
        issued = int(parse_time(job.issued).timestamp())
        for step in admitted.steps:
            removed = self.numbers.highest("removed", job.deployment.tenant, *_key(job, step.step))
            if step.item is not None and issued < removed.number:
                what = f"{step.step.kind} {step.step.name} was removed after this was ordered"
                raise Refusal(Code.REMOVED_SINCE, what)

    def require_newest(self, job: JobBody, step: JobStep) -> None:
        """TryAgain when a newer order for the same resource was admitted since this one, or removed it meanwhile.

        To be called under the resource's lock: two runners may have admitted both before either came to act.
        """
        if self._fence(job, step) != Fence(step.epoch, step.generation):
            raise TryAgain("StaleEpoch", f"{step.kind} {step.name} got a newer order before this one came to act")

    def remember(self, admitted: Admitted, bundle: bytes, concluded: frozenset[int] = frozenset()) -> None:
        """Raises every mark to what was admitted; to be called within the transaction that begins the job.

        A step that is `concluded` is not acted on again: a removal forgot its fence, and nobody would once more.
        """
        job, place = admitted.job, admitted.job.deployment
        self.trust.accept(bundle)
        self.numbers.raise_to("lease", job.supervisor, Mark(job.lease))
        if admitted.deployment is not None and job.revision is not None:
            mark = Mark(job.revision, digest=admitted.deployment_digest)
            self.numbers.raise_to("revision", subject(place.tenant, place.namespace, place.name), mark)
        for step in (each for position, each in enumerate(job.steps) if position not in concluded):
            named = subject(self._tenant(job, step), *_key(job, step))
            self.numbers.raise_to("fence", named, Mark(step.epoch, step.generation))

    def _revision(self, job: JobBody) -> revision.Mark | None:
        place = job.deployment
        mark = self.numbers.highest("revision", place.tenant, place.namespace, place.name)
        return revision.Mark(mark.number, mark.digest) if mark.number else None

    def _fence(self, job: JobBody, step: JobStep) -> Fence | None:
        mark = self.numbers.highest("fence", self._tenant(job, step), *_key(job, step))
        return Fence(mark.number, mark.minor) if mark.number else None

    def _tenant(self, job: JobBody, step: JobStep) -> str:
        """Whose resource a step is about. What a removal says of it is no user's word, so the table's counts."""
        if job.document is None and step.kind in KINDS:
            known = self.resources.get(Key(KINDS[step.kind], job.deployment.namespace, step.name))
            if known is not None:
                return known.assignment.tenant
        return job.deployment.tenant


def _key(job: JobBody, step: JobStep) -> ResourceKey:
    return (job.deployment.namespace, job.deployment.name, step.kind, step.name)
