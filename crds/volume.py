"""Volume: a placed btrfs volume of a deployment. Written by the supervisor only."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from crds.meta import AGE, Column, Digest, KindDefinition, NodeId, Part, ResourceName, Status, condition_column, rules


class VolumeSpec(Part):
    """Where the volume is, and which item of the plan it is."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self.deployment == oldSelf.deployment", "deployment never changes: delete the object instead"),
            ("self.node == oldSelf.node", "a volume stays on its node: delete it or keep spec.node"),
            ("self.size >= oldSelf.size", "a volume never shrinks: keep spec.size or make a new volume"),
        )
    )

    deployment: ResourceName
    node: NodeId
    epoch: Annotated[int, Field(ge=1)]
    item: Digest
    size: Annotated[int, Field(ge=1)]


class VolumeStatus(Status):
    """What the node said last."""

    epoch: int | None = None
    item: Digest | None = None
    attempt: Annotated[int | None, Field(description="current try of the removal")] = None


VOLUME = KindDefinition(
    kind="Volume",
    plural="volumes",
    short_name="hpvol",
    scope="Namespaced",
    description="A volume of a deployment, kept on one node.",
    spec=VolumeSpec,
    status=VolumeStatus,
    columns=(
        condition_column("Ready", "Ready"),
        Column("Node", ".spec.node"),
        Column("Size", ".spec.size", "integer"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("Deployment", ".spec.deployment", wide=True),
    ),
    selectable_fields=(".spec.node", ".spec.deployment"),
)
