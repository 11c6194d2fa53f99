"""Node: a machine that registered. Written by the ledger; operators set `cordoned` and `removal` only."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    Base64Key,
    Column,
    DnsLabel,
    KindDefinition,
    LabelMap,
    Part,
    Region,
    Status,
    condition_column,
    rules,
)


class Reason(StrEnum):
    """Reasons of a node's conditions."""

    REGISTERED = "Registered"
    APPROVED_BY_OPERATOR = "ApprovedByOperator"
    APPROVED_BY_TOKEN = "ApprovedByToken"
    WAITING_FOR_APPROVAL = "WaitingForApproval"
    TOKEN_UNKNOWN = "TokenUnknown"
    TOKEN_CLOSED = "TokenClosed"
    TOKEN_EXPIRED = "TokenExpired"
    TOKEN_USED_UP = "TokenUsedUp"
    HARDWARE_NOT_ALLOWED = "HardwareNotAllowed"
    CERTIFICATE_REFUSED = "CertificateRefused"
    CLOCK_SKEW = "ClockSkew"
    REPORTING = "Reporting"
    STALE = "Stale"
    LOST = "Lost"
    CORDONED = "Cordoned"
    SCHEDULABLE = "Schedulable"
    NOT_APPROVED = "NotApproved"
    REVOKED = "Revoked"
    CONFLICT = "Conflict"


class NodeSpec(Part):
    """The machine's public keys, fixed at registration, and what the operator decides."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.signingKey == oldSelf.signingKey",
                "a node's key is its identity: delete the Node and register again",
            ),
        )
    )

    signing_key: Base64Key
    box_key: Base64Key
    tls_key: Base64Key
    mycelium_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    token: DnsLabel | None = None
    certificate: Annotated[str, StringConstraints(max_length=8192)] | None = None
    cordoned: bool | None = None
    removal: Literal["Graceful", "Forget"] | None = None


class Capacity(Part):
    """What can be given to machines: processors, bytes of memory, bytes of disk."""

    cpus: int
    memory: int
    disk: int


class Inventory(Part):
    """What the machine says of itself; bounded, and believed only as far as its approval goes."""

    hostname: Annotated[str, StringConstraints(max_length=64)]
    architecture: Literal["x86_64", "aarch64"]
    kernel: Annotated[str, StringConstraints(max_length=64)]
    board_vendor: Annotated[str, StringConstraints(max_length=64)]
    virtualisation: Annotated[str, StringConstraints(max_length=32)]
    agent_version: Annotated[str, StringConstraints(max_length=32)]


class Uptime(Part):
    """Seconds of credited uptime per UTC day, the latest 35 days."""

    day: str
    seconds: int


class NodeStatus(Status):
    """What the ledger knows."""

    address: str | None = None
    site: DnsLabel | None = None
    region: Region | None = None
    labels: LabelMap | None = None
    capacity: Capacity | None = None
    inventory: Inventory | None = None
    boot: str | None = None
    machines: int | None = None
    last_report: str | None = None
    uptime: Annotated[
        list[Uptime] | None, Field(max_length=35, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = None


NODE = KindDefinition(
    kind="Node",
    plural="nodes",
    short_name="hpnode",
    scope="Cluster",
    description="A machine that registered with this control plane.",
    spec=NodeSpec,
    status=NodeStatus,
    columns=(
        condition_column("Ready", "Ready"),
        condition_column("Schedulable", "Schedulable"),
        Column("Address", ".status.address"),
        Column("CPU", ".status.capacity.cpus", "integer"),
        Column("Memory", ".status.capacity.memory", "integer"),
        Column("Machines", ".status.machines", "integer"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
    ),
    rules=(
        (
            "self.metadata.name.matches('^n-[a-z2-7]{26}$')",
            "a Node is named by its key and made by the ledger: boot the machine and let it register",
        ),
    ),
)
