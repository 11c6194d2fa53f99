"""JoinToken: a claim that lets machines enrol. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from crds.meta import (
    AGE,
    NAMED_AS_RECORD,
    Base64Key,
    Column,
    Count,
    DnsLabel,
    KindDefinition,
    LabelMap,
    Network,
    Part,
    Region,
    Rule,
    Status,
    Timestamp,
    about,
    condition_column,
    rules,
)
from crds.record_conditions import OPEN


class JoinTokenSpec(Part):
    """The public half of the token's key and what it may vouch for."""

    public_key: Annotated[Base64Key, about("Ed25519 key; its private half is in the boot medium.")]
    count: Annotated[int, Field(ge=1, le=100_000), about("Machines that it admits in all.")]
    expires: Annotated[Timestamp, about("Until when machines may come; who came in time stays.")]
    site: Annotated[DnsLabel, about("The site of its machines.")]
    region: Annotated[Region, about("The region of its machines.")]
    labels: Annotated[LabelMap, about("The labels of its machines.")]
    board_vendor: (
        Annotated[
            str,
            StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9 ._*-]*$"),
            about("Makers of boards that it admits; `*` stands for anything."),
        ]
        | None
    ) = None
    machines: (
        Annotated[
            list[Annotated[str, StringConstraints(min_length=1, max_length=64)]],
            Field(
                min_length=1,
                max_length=256,
                description="The machines that it admits: serial number, UUID or a network card's address of each.",
                json_schema_extra={"x-kubernetes-list-type": "atomic"},
            ),
        ]
        | None
    ) = None
    networks: (
        Annotated[
            list[Network],
            Field(
                min_length=1,
                max_length=16,
                description="The networks (CIDR) that its machines must come from, as the gateway sees them.",
                json_schema_extra=rules(
                    Rule(
                        "self.all(each, isCIDR(each))",
                        "a network is an address and a length: write it as in 10.0.0.0/8 or fd00:1::/32",
                    ),
                    **{"x-kubernetes-list-type": "atomic"},
                ),
            ),
        ]
        | None
    ) = None

    measured: (
        Annotated[bool, about("True: only machines whose TPM says that they started an image that a release names.")]
        | None
    ) = None


class JoinTokenStatus(Status):
    """How many nodes came by it, counted by the ledger."""

    used: Annotated[Count, about("Nodes that came by it.")] | None = None


JOIN_TOKEN = KindDefinition(
    kind="JoinToken",
    plural="jointokens",
    short_name="hptoken",
    scope="Cluster",
    description="A revocable claim that lets machines enrol.",
    written_by="operator, ledger (status)",
    spec=JoinTokenSpec,
    status=JoinTokenStatus,
    columns=(
        condition_column("Open", "Ready"),
        Column("Used", ".status.used", "integer"),
        Column("Count", ".spec.count", "integer"),
        Column("Expires", ".spec.expires"),
        Column("Site", ".spec.site"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
    ),
    conditions=(OPEN,),
    rules=(NAMED_AS_RECORD,),
)
