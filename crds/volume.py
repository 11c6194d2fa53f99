"""Volume: a placed btrfs volume of a deployment. Written by the supervisor only."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from crds.machine import CONDITIONS, RISING_EPOCH, SAME_DEPLOYMENT
from crds.meta import (
    AGE,
    NAMED_AS_RESOURCE,
    Column,
    Count,
    Digest,
    KindDefinition,
    NodeId,
    Ordinal,
    Part,
    ResourceName,
    Rule,
    Status,
    Text,
    Timestamp,
    about,
    condition_column,
    rules,
)


class VolumeSpec(Part):
    """Where the volume is, and which item of the plan it is."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            SAME_DEPLOYMENT,
            RISING_EPOCH,
            Rule("self.node == oldSelf.node", "a volume stays on its node: delete it, or keep spec.node", ".node"),
            Rule("self.size >= oldSelf.size", "a volume never shrinks: keep its size or make a new volume", ".size"),
        )
    )

    deployment: Annotated[ResourceName, about("The deployment that it belongs to.")]
    node: Annotated[NodeId, about("The node that holds it.")]
    epoch: Annotated[Ordinal, about("Number of this placement.")]
    item: Annotated[Digest, about("Digest of its item of the plan.")]
    size: Annotated[Ordinal, about("Bytes; it only grows.")]


class VolumeSummary(Part):
    """Short forms for lists; for people only, code never reads them."""

    node: Annotated[Text, about("The node, shortened.")]
    size: Annotated[Text, about("The size: 10Gi.")]


class VolumeStatus(Status):
    """What the node said last."""

    summary: Annotated[VolumeSummary, about("Short forms for lists.")] | None = None
    epoch: Annotated[Count, about("The placement that this speaks of.")] | None = None
    item: Annotated[Digest, about("The item that is there.")] | None = None
    attempt: Annotated[Ordinal, about("Number of the current try to remove it.")] | None = None
    next_attempt: Annotated[Timestamp, about("When the current try is due.")] | None = None


VOLUME = KindDefinition(
    kind="Volume",
    plural="volumes",
    short_name="hpvol",
    scope="Namespaced",
    description="A volume of a deployment, kept on one node.",
    written_by="supervisor",
    spec=VolumeSpec,
    status=VolumeStatus,
    columns=(
        condition_column("Ready", "Ready"),
        Column("Node", ".status.summary.node"),
        Column("Size", ".status.summary.size"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("Deployment", ".spec.deployment", wide=True),
        Column("Node Id", ".spec.node", wide=True),
    ),
    conditions=CONDITIONS,
    selectable_fields=(".spec.node", ".spec.deployment"),
    rules=(NAMED_AS_RESOURCE,),
)
