"""The node's last gate: whether a job may reach a SAL. Pure; every value comes from verified bytes.

Order of the checks: supervisor's signature, node and cluster, time, lease, trust snapshot, then per authority the
deployment's signatures, revision, plan digest, ceilings, region, item and labels, and last the fence of each resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trust.authority import Authority, authority_of
from trust.canonical import parse_object
from trust.ceilings import require_within
from trust.certificate import NodeCertificate, verify_certificate
from trust.deployment import CLOCK_TOLERANCE, SignedDeployment, VerifiedDeployment, verify_document
from trust.dsse import decode
from trust.errors import Code, NotCanonical, Refusal
from trust.job import JOB_TYPE, JobBody, JobStep
from trust.keys import digest
from trust.machine import open_signed, peek
from trust.part import format_time, parse_time
from trust.revision import Mark, guard
from trust.snapshot import TrustView, open_bytes

LARGEST_PLAN = 1_048_576
ResourceKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Fence:
    """The highest (epoch, generation) that the node saw of a resource."""

    epoch: int
    generation: int


@dataclass(frozen=True)
class Marks:
    """What the node remembers so that nothing old returns.

    `revision` is the mark of the job's tenant, namespace and name, `fences` are by (namespace, deployment, kind, name).
    """

    cluster: str
    snapshot_version: int
    lease: int
    revision: Mark | None
    fences: Mapping[ResourceKey, Fence]
    root_version: int = 0


@dataclass(frozen=True)
class AdmittedStep:
    """A step with the plan's item for it; an absent verb has none."""

    step: JobStep
    item: Mapping[str, Any] | None


@dataclass(frozen=True)
class Admitted:
    """What the executor may do, and the trust that it was decided under."""

    job: JobBody
    view: TrustView
    steps: tuple[AdmittedStep, ...]
    deployment: SignedDeployment | None = None
    deployment_digest: str = ""
    holders: Mapping[str, NodeCertificate] = field(default_factory=dict)


Documents = Callable[[str], bytes]


def admit(data: bytes, documents: Documents, marks: Marks, own: NodeCertificate, now: datetime) -> Admitted:
    """Decides over one job envelope. `documents` gives the bytes of a digest. Raises Refusal with the reason code."""
    claimed = peek(data, JOB_TYPE, JobBody)
    _check_address(claimed, marks, own)
    view = _open_trust(claimed, documents, marks)
    job = _check_supervisor(data, claimed, view, own)
    _check_time(job, marks, now)
    own_now = _check_own(own, view)
    authorities = {authority_of(step.kind, step.verb) for step in job.steps}
    if authorities == {Authority.SIGNED_PLAN}:
        admitted = _admit_plan(job, view, documents, marks, own_now, now)
    elif authorities == {Authority.NOT_IN_PLAN}:
        admitted = Admitted(job, view, tuple(AdmittedStep(step, None) for step in job.steps))
    else:
        raise Refusal(Code.VERB_NOT_ALLOWED, "a job orders what a plan describes or removals, never both")
    for step in job.steps:
        _check_fence(job, step, marks)
    return admitted


def _open_trust(job: JobBody, documents: Documents, marks: Marks) -> TrustView:
    return open_bytes(fetch(documents, job.trust), marks.cluster, marks.snapshot_version, marks.root_version)


def fetch(documents: Documents, wanted: str) -> bytes:
    """The document with this digest, checked against it."""
    data = documents(wanted)
    if digest(data) != wanted:
        raise Refusal(Code.BAD_ENCODING, f"document {wanted} has other content than its name says")
    return data


def _check_address(job: JobBody, marks: Marks, own: NodeCertificate) -> None:
    if job.cluster != marks.cluster:
        raise Refusal(Code.WRONG_CLUSTER, "the job belongs to another cluster")
    if job.node != own.node:
        raise Refusal(Code.WRONG_NODE, f"the job is for {job.node}, this is {own.node}")


def _check_supervisor(data: bytes, claimed: JobBody, view: TrustView, own: NodeCertificate) -> JobBody:
    record = view.supervisor(claimed.supervisor)
    job = open_signed(data, JOB_TYPE, JobBody, decode(record.public_key))
    if own.site not in record.sites:
        raise Refusal(Code.UNKNOWN_SUPERVISOR, f"supervisor {job.supervisor} is not vouched for site {own.site}")
    return job


def _check_time(job: JobBody, marks: Marks, now: datetime) -> None:
    window = f"job {job.job} counts from {job.issued} to {job.expires}; it is {format_time(now)} here"
    if now + CLOCK_TOLERANCE < parse_time(job.issued):
        raise Refusal(Code.NOT_YET_VALID, window)
    if now >= parse_time(job.expires):
        raise Refusal(Code.EXPIRED, window)
    if job.lease < marks.lease:
        raise Refusal(
            Code.STALE_LEASE, f"supervisor lease {job.lease} is older than {marks.lease}, which was seen before"
        )


def _check_own(own: NodeCertificate, view: TrustView) -> NodeCertificate:
    if view.node_revoked(own.node):
        raise Refusal(Code.NODE_REVOKED, f"node {own.node} is revoked by the operator")
    return own


def _admit_plan(
    job: JobBody, view: TrustView, documents: Documents, marks: Marks, own: NodeCertificate, now: datetime
) -> Admitted:
    if job.document is None or job.plan is None or job.revision is None:
        raise Refusal(Code.NOT_SIGNED, "the job names no signed deployment, and nothing starts without one")
    view.require_current(now)
    seen = marks.revision is not None and marks.revision.revision == job.revision
    verified = verify_document(fetch(documents, job.document), view, now, accepted=seen)
    _check_deployment(job, verified, marks, view)
    items = plan_items(fetch(documents, job.plan), verified.document.spec.plan)
    if not seen:
        require_within(items, view.tenant_of(verified.document.namespace))
    spec = verified.document.spec
    if spec.region is not None and spec.region != own.region:
        raise Refusal(Code.WRONG_REGION, f"signed for region {spec.region}, this node is in {own.region}")
    steps = tuple(AdmittedStep(step, _item(step, items, own)) for step in job.steps)
    holders = _holders(job, documents, view)
    return Admitted(job, view, steps, verified.document, verified.digest, holders)


def _check_deployment(job: JobBody, verified: VerifiedDeployment, marks: Marks, view: TrustView) -> None:
    document = verified.document
    places = (
        (Code.WRONG_NAMESPACE, document.namespace, job.deployment.namespace),
        (Code.WRONG_NAME, document.name, job.deployment.name),
        (Code.WRONG_TENANT, document.tenant, job.deployment.tenant),
        (Code.REVISION_CONFLICT, document.spec.revision, job.revision),
        (Code.PLAN_DIGEST_MISMATCH, document.spec.plan, job.plan),
    )
    for code, signed, ordered in places:
        if signed != ordered:
            raise Refusal(code, f"users signed {signed}, the job says {ordered}")
    floor = view.body.revision_floors.get(f"{document.namespace}/{document.name}", 0)
    guard(marks.revision, document.spec.revision, verified.digest, floor)


def plan_items(data: bytes, signed: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The items of a canonical plan by (kind, name), when its digest is the signed one. Raises Refusal."""
    if digest(data) != signed:
        raise Refusal(Code.PLAN_DIGEST_MISMATCH, f"the plan has digest {digest(data)}, users signed {signed}")
    try:
        resources = parse_object(data, LARGEST_PLAN)["resources"]
        items: dict[tuple[str, str], Mapping[str, Any]] = {
            (each["kind"], each["name"]): dict(each["spec"].items()) for each in resources
        }
    except (NotCanonical, KeyError, TypeError, AttributeError) as error:
        raise Refusal(Code.BAD_ENCODING, f"the plan cannot be read: {error}") from None
    if len(items) != len(resources):
        raise Refusal(Code.BAD_ENCODING, "the plan has two resources of one kind and name")
    return items


def _item(step: JobStep, items: Mapping[tuple[str, str], Mapping[str, Any]], own: NodeCertificate) -> Mapping[str, Any]:
    item = items.get((step.kind, step.name))
    if item is None:
        raise Refusal(Code.NOT_IN_PLAN, f"the signed plan has no {step.kind} {step.name}")
    wanted = item.get("nodeLabels", {})
    if not isinstance(wanted, Mapping):
        raise Refusal(Code.BAD_ENCODING, f"{step.kind} {step.name} has nodeLabels that are no map")
    for name, value in wanted.items():
        if own.labels.get(name) != value:
            raise Refusal(Code.WRONG_LABELS, f"{step.kind} {step.name} needs label {name}={value}, this node lacks it")
    return item


def _holders(job: JobBody, documents: Documents, view: TrustView) -> dict[str, NodeCertificate]:
    """The verified certificates of the nodes that hold what the plan refers to, by `kind/name`."""
    certificates = [verify_certificate(fetch(documents, each), view) for each in job.certificates]
    by_node = {certificate.node: certificate for certificate in certificates}
    missing = sorted(set(job.holders.values()) - set(by_node))
    if missing:
        raise Refusal(Code.HOLDER_UNKNOWN, f"no certificate came for {missing[0]}, which is said to hold something")
    return {name: by_node[node] for name, node in job.holders.items()}


def _check_fence(job: JobBody, step: JobStep, marks: Marks) -> None:
    fence = marks.fences.get((job.deployment.namespace, job.deployment.name, step.kind, step.name))
    if fence is not None and (step.epoch, step.generation) < (fence.epoch, fence.generation):
        ordered, seen = f"{step.epoch}.{step.generation}", f"{fence.epoch}.{fence.generation}"
        raise Refusal(Code.STALE_EPOCH, f"{step.kind} {step.name} is at {seen}, the job orders {ordered}")
