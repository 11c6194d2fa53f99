"""JoinToken: a claim that lets machines enrol. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

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
    Timestamp,
    condition_column,
)


class JoinTokenSpec(Part):
    """The public half of the token's key and what it may vouch for."""

    public_key: Base64Key
    count: Annotated[int, Field(ge=1, le=100_000)]
    expires: Timestamp
    site: DnsLabel
    region: Region
    labels: LabelMap
    board_vendor: Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9 ._*-]*$")] | None = None


class JoinTokenStatus(Status):
    """How many nodes came by it, counted by the ledger."""

    used: int | None = None


JOIN_TOKEN = KindDefinition(
    kind="JoinToken",
    plural="jointokens",
    short_name="hptoken",
    scope="Cluster",
    description="A revocable claim that lets machines enrol.",
    spec=JoinTokenSpec,
    status=JoinTokenStatus,
    columns=(
        condition_column("Open", "Ready"),
        Column("Used", ".status.used", "integer"),
        Column("Count", ".spec.count", "integer"),
        Column("Expires", ".spec.expires"),
        Column("Site", ".spec.site"),
        AGE,
    ),
)
