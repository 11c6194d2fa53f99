"""Trust: the operator root's document chain and the signed snapshot of what counts; one per cluster."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from crds.meta import AGE, Column, KindDefinition, Part, Status, condition_column

Envelope = Annotated[str, StringConstraints(max_length=262144)]


class TrustSpec(Part):
    """DSSE envelopes in JSON: every version of the root document in order, and the newest snapshot."""

    roots: Annotated[
        list[Envelope], Field(min_length=1, max_length=64, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ]
    snapshot: Envelope


class TrustStatus(Status):
    """What the ledger verified."""

    version: int | None = None
    expires: str | None = None
    cluster: str | None = None


TRUST = KindDefinition(
    kind="Trust",
    plural="trusts",
    short_name="hptrust",
    scope="Cluster",
    description="The root-signed list of what counts in this cluster.",
    spec=TrustSpec,
    status=TrustStatus,
    columns=(
        condition_column("Valid", "Ready"),
        Column("Version", ".status.version", "integer"),
        Column("Expires", ".status.expires"),
        AGE,
    ),
    rules=(("self.metadata.name == 'cluster'", "there is one Trust, named cluster: use metadata.name: cluster"),),
)
