"""Writes what nodes are ordered to do: signed envelopes that name things, and the documents that they name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from controllers.supervisor.model import Accepted, NodeView, OpenJob, Placed, Snapshot
from crds.revisionmark import RevisionMarkSpec
from crds.workload import MachineItem, Reference
from plans.model import Plan
from trust.deployment import SignatureText, to_envelope
from trust.job import JOB_TYPE, JobBody, JobDeployment, JobStep
from trust.keys import SigningKey, digest
from trust.machine import sign
from trust.part import format_time
from trust.snapshot import Bundle

ENSURE_LIFE = timedelta(minutes=15)
REMOVAL_LIFE = timedelta(hours=24)
LONGEST_PAUSE_SECONDS = 240.0
LONGEST_BACK_OFF = timedelta(minutes=7)
ABSENT = ".absent"


@dataclass(frozen=True)
class Order:
    """What goes into a node's queue."""

    node: str
    uid: str
    attempt: int
    envelope: bytes
    documents: Mapping[str, bytes]


@dataclass(frozen=True)
class Desk:
    """Who signs orders: the supervisor's name and key, its cluster, and the number of its lease at this time."""

    supervisor: str
    key: SigningKey
    cluster: str
    lease: Callable[[], int]

    def ensure(
        self, job: OpenJob, snapshot: Snapshot, mark: RevisionMarkSpec, plan: Plan, bundle: Bundle
    ) -> Order | None:
        """The order of a job; None while something that its plan refers to has no node yet."""
        holders = _holders(job, snapshot)
        if holders is None:
            return None
        certificates = _certificates(set(holders.values()), snapshot.nodes)
        document = _document(mark)
        body = JobBody(
            **self._head(job.uid, job.attempt, job.node, snapshot, mark.tenant, bundle, ENSURE_LIFE),
            steps=tuple(
                JobStep(kind=s.kind, name=s.name, verb=s.verb, epoch=s.epoch, generation=s.generation)
                for s in job.steps
            ),
            revision=mark.revision,
            plan=mark.plan,
            document=digest(document),
            holders=holders,
            certificates=tuple(certificates),
        )
        documents = {digest(document): document, mark.plan: plan.to_bytes(), bundle.digest: bundle.to_bytes()}
        return self._signed(body, documents | certificates)

    def remove(self, placed: Placed, snapshot: Snapshot, tenant: str, bundle: Bundle) -> Order:
        """The order to remove a terminating object; it needs no plan."""
        uid = placed.uid + ABSENT
        step = JobStep(
            kind=placed.kind, name=placed.name, verb="absent", epoch=placed.epoch, generation=placed.generation
        )
        head = self._head(uid, placed.attempt, placed.node, snapshot, tenant, bundle, REMOVAL_LIFE)
        body = JobBody(**head, steps=(step,), holders={}, certificates=())
        return self._signed(body, {bundle.digest: bundle.to_bytes()})

    def _head(
        self, uid: str, attempt: int, node: str, snapshot: Snapshot, tenant: str, bundle: Bundle, life: timedelta
    ) -> dict[str, Any]:
        deployment = JobDeployment(namespace=snapshot.namespace, name=snapshot.name, uid=snapshot.uid, tenant=tenant)
        return {
            "cluster": self.cluster,
            "job": uid,
            "attempt": attempt,
            "node": node,
            "deployment": deployment,
            "trust": bundle.digest,
            "supervisor": self.supervisor,
            "lease": self.lease(),
            "issued": format_time(snapshot.now),
            "expires": format_time(snapshot.now + life),
        }

    def _signed(self, body: JobBody, documents: Mapping[str, bytes]) -> Order:
        envelope = sign(JOB_TYPE, body.to_bytes(), self.key, self.supervisor)
        return Order(body.node, body.job, body.attempt, envelope, documents)


def retry_at(attempt: int, uid: str, now: datetime) -> datetime:
    """When the next attempt is due: 1 s to 5 min, doubling, with a jitter that is the same for all who ask."""
    spread = int.from_bytes(hashlib.sha256(f"{uid}{attempt}".encode()).digest()[:2], "big") / 65_536
    pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(attempt - 1, 32))
    return now + timedelta(seconds=pause * (1 + spread / 4))


def _document(mark: RevisionMarkSpec) -> bytes:
    texts = [SignatureText(each.key_id, each.signature) for each in mark.signatures]
    return to_envelope(mark.body.encode(), texts).to_json()


def _holders(job: OpenJob, snapshot: Snapshot) -> dict[str, str] | None:
    """Which node holds what the job's items refer to."""
    holders: dict[str, str] = {}
    for name in _referred(job, snapshot.accepted):
        placed = snapshot.find(("machine", name))
        if placed is None:
            return None
        holders[f"machine/{name}"] = placed.node
    return holders


def _referred(job: OpenJob, accepted: Accepted | None) -> Iterable[str]:
    for step in job.steps:
        want = accepted.want((step.kind, step.name)) if accepted else None
        if want is not None and isinstance(want.item, MachineItem):
            for value in want.item.env.values():
                if isinstance(value, Reference):
                    yield value.ref.split("/")[1]


def _certificates(nodes: Iterable[str], views: Mapping[str, NodeView]) -> dict[str, bytes]:
    found = [views[node].certificate.encode() for node in sorted(nodes) if node in views and views[node].certificate]
    return {digest(each): each for each in found}
