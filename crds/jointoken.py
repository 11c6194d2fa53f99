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
    Part,
    Region,
    Status,
    Timestamp,
    about,
    condition_column,
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
