"""Supervisor: who serves a region, with the key that nodes check. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from crds.meta import (
    AGE,
    NAMED_AS_RECORD,
    Base64Key,
    Column,
    DnsLabel,
    KindDefinition,
    Part,
    Region,
    Status,
    about,
    condition_column,
)
from crds.record_conditions import SERVING


class SupervisorSpec(Part):
    """The record; its digest is listed in the snapshot."""

    region: Annotated[Region, about("The region that it serves.")]
    public_key: Annotated[Base64Key, about("Ed25519 key that signs its orders.")]
    sites: Annotated[
        list[DnsLabel],
        Field(
            min_length=1,
            max_length=64,
            description="Sites whose nodes take its orders.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ]


class SupervisorStatus(Status):
    """Liveness, written by coord from the supervisor's lease."""


SUPERVISOR = KindDefinition(
    kind="Supervisor",
    plural="supervisors",
    short_name="hpsup",
    scope="Cluster",
    description="The supervisor of a region.",
    written_by="operator, coord (status)",
    spec=SupervisorSpec,
    status=SupervisorStatus,
    columns=(
        condition_column("Ready", "Ready"),
        Column("Region", ".spec.region"),
        condition_column("Reason", "Ready", "reason"),
        AGE,
    ),
    conditions=(SERVING,),
    rules=(NAMED_AS_RECORD,),
)
