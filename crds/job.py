"""Job: a unit of work on one node. It names things of a signed plan and carries no argument."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    Column,
    Digest,
    DnsLabel,
    KindDefinition,
    NodeId,
    Ordinal,
    Part,
    ResourceName,
    Rule,
    Status,
    Timestamp,
    about,
    condition_column,
    rules,
)
from crds.reasons import ConditionDefinition, DocumentedReason


class Reason(DocumentedReason):
    """Reasons of Succeeded."""

    SUCCEEDED = "Succeeded", "all steps are done"
    FAILED = "Failed", "a step failed; the next attempt follows after 1 s to 5 min", "read the message"
    REFUSED = "RefusedByNode", "the node refused the order; the message begins with its refusal", "see Refusals"
    SUPERSEDED = "Superseded", "a newer revision or a removal made its steps moot"


class Step(Part):
    """One verb on one resource, with its fence (epoch, generation)."""

    kind: Annotated[Literal["machine", "volume"], about("Kind of the resource.")]
    name: Annotated[ResourceName, about("Name of the resource.")]
    verb: Annotated[Literal["ensure"], about("What to do: make it as the plan says.")]
    epoch: Annotated[Ordinal, about("Number of its placement; a node refuses a lower one than it saw.")]
    generation: Annotated[Ordinal, about("Generation of its object; as the epoch.")]


class PlanWork(Part):
    """Steps of one deployment revision."""

    deployment: Annotated[ResourceName, about("The deployment.")]
    revision: Annotated[Ordinal, about("Its accepted revision.")]
    plan: Annotated[Digest, about("Digest of the plan that users signed.")]
    steps: Annotated[
        list[Step],
        Field(
            min_length=1,
            max_length=64,
            description="What to do, in this order.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ]


class ActionWork(Part):
    """A tenant's signed action; its verbs come with a later version."""

    document: Annotated[str, StringConstraints(min_length=1, max_length=65_536), about("The signed action.")]


class JobSpec(Part):
    """Exactly one of `plan` and `action`; never changed."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule("self == oldSelf", "a job never changes: delete it, its supervisor makes another"),
            Rule(
                "has(self.plan) != has(self.action)",
                "a job is of one plan or one action: set exactly one of spec.plan and spec.action",
            ),
        )
    )

    node: Annotated[NodeId, about("The node that does it.")]
    supervisor: Annotated[DnsLabel, about("The supervisor that signs the order.")]
    plan: Annotated[PlanWork, about("Steps of a plan.")] | None = None
    action: Annotated[ActionWork, about("A signed action.")] | None = None


class JobStatus(Status):
    """A job without status is at its first attempt."""

    attempt: Annotated[Ordinal, about("Number of the current try.")] | None = None
    next_attempt: Annotated[Timestamp, about("When the current try is due.")] | None = None
    receipt: Annotated[Digest, about("Digest of the node's signed answer to the last try.")] | None = None


JOB = KindDefinition(
    kind="Job",
    plural="jobs",
    short_name="hpjob",
    scope="Namespaced",
    description="Ordered steps for one node on behalf of one deployment revision.",
    written_by="supervisor (`plan`), tenant (`action`)",
    spec=JobSpec,
    status=JobStatus,
    columns=(
        condition_column("Succeeded", "Succeeded"),
        condition_column("Reason", "Succeeded", "reason"),
        Column("Deployment", ".spec.plan.deployment"),
        Column("Revision", ".spec.plan.revision", "integer"),
        Column("Attempt", ".status.attempt", "integer"),
        AGE,
        Column("Node", ".spec.node", wide=True),
    ),
    conditions=(
        ConditionDefinition("Succeeded", "all steps are done; Unknown while it is open", "supervisor", tuple(Reason)),
    ),
    selectable_fields=(".spec.node",),
)
