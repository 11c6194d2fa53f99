"""Job: a unit of work on one node. It names things of a signed plan and carries no argument."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from crds.meta import (
    AGE,
    Column,
    Digest,
    DnsLabel,
    KindDefinition,
    NodeId,
    Part,
    ResourceName,
    Status,
    condition_column,
    rules,
)


class Reason(StrEnum):
    """Reasons of Succeeded."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    REFUSED = "RefusedByNode"
    RETRYING = "Retrying"
    SUPERSEDED = "Superseded"
    RUNNING = "Running"


class Step(Part):
    """One verb on one resource, with its fence (epoch, generation)."""

    kind: Literal["machine", "volume"]
    name: ResourceName
    verb: Literal["ensure"]
    epoch: Annotated[int, Field(ge=1)]
    generation: Annotated[int, Field(ge=1)]


class PlanWork(Part):
    """Steps of one deployment revision."""

    deployment: ResourceName
    revision: Annotated[int, Field(ge=1)]
    plan: Digest
    steps: Annotated[
        list[Step], Field(min_length=1, max_length=64, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ]


class ActionWork(Part):
    """A tenant's signed action; its verbs come with a later issue."""

    document: str


class JobSpec(Part):
    """Exactly one of `plan` and `action`; never changed."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self == oldSelf", "a job never changes: delete it and let the supervisor make another"),
            ("has(self.plan) != has(self.action)", "set exactly one of spec.plan and spec.action"),
        )
    )

    node: NodeId
    supervisor: DnsLabel
    plan: PlanWork | None = None
    action: ActionWork | None = None


class JobStatus(Status):
    """A job without status is attempt 1."""

    attempt: Annotated[int, Field(ge=1)] | None = None
    next_attempt: str | None = None
    started: str | None = None
    receipt: Digest | None = None


JOB = KindDefinition(
    kind="Job",
    plural="jobs",
    short_name="hpjob",
    scope="Namespaced",
    description="Ordered steps for one node on behalf of one deployment revision.",
    spec=JobSpec,
    status=JobStatus,
    columns=(
        condition_column("Succeeded", "Succeeded"),
        condition_column("Reason", "Succeeded", "reason"),
        Column("Node", ".spec.node"),
        Column("Deployment", ".spec.plan.deployment"),
        Column("Revision", ".spec.plan.revision", "integer"),
        Column("Attempt", ".status.attempt", "integer"),
        AGE,
    ),
    selectable_fields=(".spec.node",),
)
