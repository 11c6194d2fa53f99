"""Supervisor: who serves a region, with the key that nodes check. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from crds.meta import AGE, Base64Key, Column, DnsLabel, KindDefinition, Part, Region, Status, condition_column


class SupervisorSpec(Part):
    """The record; its digest is listed in the snapshot."""

    region: Region
    public_key: Base64Key
    sites: Annotated[
        list[DnsLabel], Field(min_length=1, max_length=64, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ]


class SupervisorStatus(Status):
    """Liveness, written by coord from the supervisor's lease."""

    deployments: int | None = None


SUPERVISOR = KindDefinition(
    kind="Supervisor",
    plural="supervisors",
    short_name="hpsup",
    scope="Cluster",
    description="The supervisor of a region.",
    spec=SupervisorSpec,
    status=SupervisorStatus,
    columns=(
        condition_column("Ready", "Ready"),
        Column("Region", ".spec.region"),
        Column("Deployments", ".status.deployments", "integer"),
        AGE,
    ),
)
