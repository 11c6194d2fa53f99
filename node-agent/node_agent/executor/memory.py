"""What the gate is told of the past, and what it leaves behind for the next job."""

from __future__ import annotations

from dataclasses import dataclass

from node_agent.executor.marks import Mark, Marks
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

    def marks(self, envelope: bytes) -> gate.Marks:
        """What is remembered of what the job claims to be about; the claim itself is checked by the gate."""
        job = peek(envelope, JOB_TYPE, JobBody)
        fences = {key: fence for step in job.steps if (fence := self._fence(key := _key(job, step))) is not None}
        lease = self.numbers.get("lease", job.supervisor).number
        trust = self.trust
        return gate.Marks(trust.cluster, trust.version, lease, self._revision(job), fences, trust.root_version)

    def require_not_removed(self, admitted: Admitted) -> None:
        """Refusal(StaleEpoch) for an ensure that was signed before the resource's last removal."""
        issued = int(parse_time(admitted.job.issued).timestamp())
        for step in admitted.steps:
            subject = "/".join(_key(admitted.job, step.step))
            if step.item is not None and issued < self.numbers.get("removed", subject).number:
                raise Refusal(Code.STALE_EPOCH, f"{step.step.kind} {step.step.name} was removed after this was ordered")

    def remember(self, admitted: Admitted, bundle: bytes) -> None:
        """Raises every mark to what was admitted; to be called within the transaction that begins the job."""
        job = admitted.job
        self.trust.accept(bundle)
        self.numbers.raise_to("lease", job.supervisor, Mark(job.lease))
        if admitted.deployment is not None and job.revision is not None:
            subject = f"{job.deployment.namespace}/{job.deployment.name}"
            self.numbers.raise_to("revision", subject, Mark(job.revision, digest=admitted.deployment_digest))
        for step in job.steps:
            self.numbers.raise_to("fence", "/".join(_key(job, step)), Mark(step.epoch, step.generation))

    def _revision(self, job: JobBody) -> revision.Mark | None:
        mark = self.numbers.get("revision", f"{job.deployment.namespace}/{job.deployment.name}")
        return revision.Mark(mark.number, mark.digest) if mark.number else None

    def _fence(self, key: ResourceKey) -> Fence | None:
        mark = self.numbers.get("fence", "/".join(key))
        return Fence(mark.number, mark.minor) if mark.number else None


def _key(job: JobBody, step: JobStep) -> ResourceKey:
    return (job.deployment.namespace, job.deployment.name, step.kind, step.name)
