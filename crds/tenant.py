"""Tenant: a namespace's members, roles, thresholds and ceilings. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from crds.meta import AGE, Column, DnsLabel, KindDefinition, Part, Status, condition_column

Role = Literal["deploy", "act", "session"]


class Member(Part):
    """A user and what the user may sign for this tenant."""

    user: DnsLabel
    roles: Annotated[
        list[Role], Field(min_length=1, max_length=3, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ]


class Ceilings(Part):
    """The most that one deployment's plan may ask for; memory and storage in bytes."""

    machines: Annotated[int, Field(ge=0)]
    cpus: Annotated[int, Field(ge=0)]
    memory: Annotated[int, Field(ge=0)]
    volumes: Annotated[int, Field(ge=0)]
    storage: Annotated[int, Field(ge=0)]


class TenantSpec(Part):
    """The record; its digest is listed in the snapshot."""

    id: Annotated[str, StringConstraints(pattern=r"^t-[a-z2-7]{26}$")]
    namespace: DnsLabel
    members: Annotated[list[Member], Field(max_length=256, json_schema_extra={"x-kubernetes-list-type": "atomic"})]
    thresholds: Annotated[
        dict[Role, Annotated[int, Field(ge=1, le=1)]], Field(json_schema_extra={"x-kubernetes-map-type": "atomic"})
    ]
    ceilings: Annotated[Ceilings, Field(json_schema_extra={"x-kubernetes-map-type": "atomic"})]
    runtimes: Annotated[
        list[Literal["vm"]], Field(max_length=4, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ]
    image_hosts: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$", max_length=253)]],
        Field(max_length=64, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ]


class TenantStatus(Status):
    """Whether the newest snapshot lists this record."""


TENANT = KindDefinition(
    kind="Tenant",
    plural="tenants",
    short_name="hptenant",
    scope="Cluster",
    description="One namespace's users, roles and ceilings.",
    spec=TenantSpec,
    status=TenantStatus,
    columns=(
        condition_column("Listed", "Ready"),
        Column("Namespace", ".spec.namespace"),
        Column("Id", ".spec.id"),
        AGE,
    ),
)
