"""What a supervisor orders of a node, and what the node answers. A job names things and carries no argument."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trust.dsse import payload_type
from trust.part import Count, Digest, Label, NodeId, Ordinal, Signed, Text, Time

JOB_TYPE = payload_type("job")
RECEIPT_TYPE = payload_type("receipt")


class JobDeployment(Signed):
    """On behalf of which deployment."""

    namespace: Label
    name: Label
    uid: Text
    tenant: Text


class JobStep(Signed):
    """One verb on one resource; (epoch, generation) is its fence."""

    kind: Label
    name: Label
    verb: Text
    epoch: Ordinal
    generation: Ordinal


class JobBody(Signed):
    """The signed order. Plan work has revision, plan and document; a removal has none of the three.

    `trust`, `document` and `certificates` are digests of documents beside the queue; `holders` says which node holds
    what the plan refers to.
    """

    cluster: Digest
    job: Text
    attempt: Ordinal
    node: NodeId
    deployment: JobDeployment
    trust: Digest
    steps: Annotated[tuple[JobStep, ...], Field(min_length=1, max_length=64, strict=False)]
    supervisor: Label
    lease: Count
    issued: Time
    expires: Time
    holders: Annotated[dict[str, NodeId], Field(max_length=1000)]
    certificates: Annotated[tuple[Digest, ...], Field(max_length=1000, strict=False)]
    revision: Ordinal | None = None
    plan: Digest | None = None
    document: Digest | None = None


class StepOutcome(Signed):
    """How one step ended."""

    kind: Label
    name: Label
    verb: Text
    outcome: Literal["done", "unchanged", "failed", "refused", "skipped"]
    reason: Text
    message: Annotated[str, Field(max_length=1024)]


class Receipt(Signed):
    """The node's signed statement of what a job did; `previous` chains it to the receipt before."""

    node: NodeId
    boot: Text
    job: Text
    attempt: Ordinal
    sequence: Ordinal
    previous: Digest
    time: Time
    state: Literal["succeeded", "failed", "refused"]
    reason: Text
    message: Annotated[str, Field(max_length=1024)]
    steps: Annotated[tuple[StepOutcome, ...], Field(max_length=64, strict=False)]
