"""Machine: one placed VM or container of a deployment. Written by the supervisor only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from crds.meta import AGE, Column, Digest, KindDefinition, NodeId, Part, ResourceName, Status, condition_column, rules


class Reason(StrEnum):
    """Reasons of Ready, Placed and Running."""

    RUNNING = "Running"
    WAITING = "WaitingForNode"
    UPDATING = "Updating"
    FAILED = "Failed"
    RESTARTING = "Restarting"
    STOPPED = "Stopped"
    REMOVING = "Removing"
    NODE_UNREACHABLE = "NodeUnreachable"
    REFUSED = "RefusedByNode"
    PLACED = "Placed"


class MachineSpec(Part):
    """Where the machine is, and which item of the plan it is; the values themselves are in the signed plan."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self.deployment == oldSelf.deployment", "deployment never changes: delete the object instead"),
            ("self.epoch >= oldSelf.epoch", "epoch never falls: it is the fence of the node"),
            (
                "self.node == oldSelf.node || self.epoch > oldSelf.epoch",
                "another node needs a higher epoch: raise spec.epoch with spec.node",
            ),
        )
    )

    deployment: ResourceName
    node: NodeId
    epoch: Annotated[int, Field(ge=1)]
    item: Digest
    cpus: Annotated[int, Field(ge=1)]
    memory: Annotated[int, Field(ge=1)]
    disk: Annotated[int, Field(ge=1)]
    volumes: Annotated[list[ResourceName], Field(max_length=8, json_schema_extra={"x-kubernetes-list-type": "atomic"})]


class MachineStatus(Status):
    """What the node said last."""

    address: str | None = None
    epoch: int | None = None
    item: Digest | None = None
    restarts: int | None = None
    since: str | None = None
    attempt: Annotated[int | None, Field(description="current try of the removal")] = None


MACHINE = KindDefinition(
    kind="Machine",
    plural="machines",
    short_name="hpmachine",
    scope="Namespaced",
    description="A machine of a deployment, placed on a node.",
    spec=MachineSpec,
    status=MachineStatus,
    columns=(
        condition_column("Ready", "Ready"),
        Column("Node", ".spec.node"),
        Column("Address", ".status.address"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("Deployment", ".spec.deployment", wide=True),
        Column("CPU", ".spec.cpus", "integer", wide=True),
        Column("Restarts", ".status.restarts", "integer", wide=True),
    ),
    selectable_fields=(".spec.node", ".spec.deployment"),
)
