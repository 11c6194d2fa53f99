"""Tenant: a namespace's members, roles, thresholds and ceilings. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    NAMED_AS_RECORD,
    Column,
    Count,
    DnsLabel,
    KindDefinition,
    Part,
    Rule,
    Status,
    TenantId,
    about,
    condition_column,
    rules,
)
from crds.record_conditions import LISTED

Role = Literal["deploy", "act", "session"]
ATOMIC = {"x-kubernetes-list-type": "atomic"}


class Member(Part):
    """A user and what the user may sign for this tenant."""

    user: Annotated[DnsLabel, about("Name of the User.")]
    roles: Annotated[
        list[Role],
        Field(
            min_length=1,
            max_length=3,
            description="`deploy` signs deployments, `act` actions, `session` consoles.",
            json_schema_extra=ATOMIC,
        ),
    ]


class Ceilings(Part):
    """The most that one deployment's plan may ask for; memory and storage in bytes."""

    machines: Annotated[Count, about("Machines.")]
    cpus: Annotated[Count, about("Processors of all machines.")]
    memory: Annotated[Count, about("Bytes of memory of all machines.")]
    volumes: Annotated[Count, about("Volumes.")]
    storage: Annotated[Count, about("Bytes of all disks and volumes.")]


class TenantSpec(Part):
    """The record; its digest is listed in the snapshot."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule(
                "self.id == oldSelf.id",
                "a tenant's id never changes, for signatures and marks name it: delete the Tenant and make another",
                ".id",
            ),
        )
    )

    id: Annotated[TenantId, about("Random; a namespace that is made anew gets another, and old signatures end.")]
    namespace: Annotated[DnsLabel, about("The namespace; one tenant each.")]
    members: Annotated[
        list[Member],
        Field(
            max_length=256,
            description="Who may sign what.",
            json_schema_extra=rules(
                Rule(
                    "self.all(one, self.exists_one(other, other.user == one.user))",
                    "a user stands once among the members: put all of the user's roles there",
                ),
                **ATOMIC,
            ),
        ),
    ]
    thresholds: Annotated[
        dict[Role, Annotated[int, Field(ge=1, le=1)]],
        Field(
            max_length=3,
            description="How many different users must sign, by role.",
            json_schema_extra=rules(
                Rule(
                    "self.all(role, role in ['deploy', 'act', 'session'])",
                    "thresholds are of the roles deploy, act and session: take the other out",
                ),
                **{"x-kubernetes-map-type": "atomic"},
            ),
        ),
    ]
    ceilings: Annotated[
        Ceilings,
        Field(
            description="The most that one deployment's plan may ask for.",
            json_schema_extra={"x-kubernetes-map-type": "atomic"},
        ),
    ]
    runtimes: Annotated[
        list[Literal["vm"]], Field(max_length=4, description="What machines may run in.", json_schema_extra=ATOMIC)
    ]
    image_hosts: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$", max_length=253)]],
        Field(max_length=64, description="Hosts that images may come from; none: any.", json_schema_extra=ATOMIC),
    ]


class TenantStatus(Status):
    """Whether the newest snapshot lists this record."""


TENANT = KindDefinition(
    kind="Tenant",
    plural="tenants",
    short_name="hptenant",
    scope="Cluster",
    description="One namespace's users, roles and ceilings.",
    written_by="operator, ledger (status)",
    spec=TenantSpec,
    status=TenantStatus,
    columns=(
        condition_column("Listed", "Ready"),
        Column("Namespace", ".spec.namespace"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("Id", ".spec.id", wide=True),
    ),
    conditions=(LISTED,),
    rules=(NAMED_AS_RECORD,),
)
