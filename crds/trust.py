"""Trust: the operator root's document chain and the signed snapshot of what counts; one per cluster."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    Column,
    Digest,
    KindDefinition,
    Ordinal,
    Part,
    Rule,
    Status,
    Timestamp,
    about,
    condition_column,
    rules,
)
from crds.record_conditions import VALID

RootEnvelope = Annotated[str, StringConstraints(min_length=1, max_length=16_384)]
SnapshotEnvelope = Annotated[str, StringConstraints(min_length=1, max_length=262_144)]


class TrustSpec(Part):
    """DSSE envelopes in JSON: every version of the root document in order, and the newest snapshot."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule(
                "self.roots[0] == oldSelf.roots[0]",
                "the first root document is the cluster's identity and never changes: put it back",
                ".roots",
            ),
            Rule(
                "self.roots.size() >= oldSelf.roots.size()",
                "root documents are never taken out: keep every version, the newest last",
                ".roots",
            ),
        )
    )

    roots: Annotated[
        list[RootEnvelope],
        Field(
            min_length=1,
            max_length=64,
            description="Every version of the root document, the first one first.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ]
    snapshot: Annotated[SnapshotEnvelope, about("The newest trust snapshot, signed by the root.")]


class TrustStatus(Status):
    """What the ledger verified."""

    version: Annotated[Ordinal, about("Number of the snapshot.")] | None = None
    expires: Annotated[Timestamp, about("When the snapshot ends.")] | None = None
    cluster: Annotated[Digest, about("The cluster's id: the digest of its first root document.")] | None = None


TRUST = KindDefinition(
    kind="Trust",
    plural="trusts",
    short_name="hptrust",
    scope="Cluster",
    description="The root-signed list of what counts in this cluster.",
    written_by="operator, ledger (status)",
    spec=TrustSpec,
    status=TrustStatus,
    columns=(
        condition_column("Valid", "Ready"),
        Column("Version", ".status.version", "integer"),
        Column("Expires", ".status.expires"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
    ),
    conditions=(VALID,),
    rules=(Rule("self.metadata.name == 'cluster'", "there is one Trust: name it cluster", ".metadata.name"),),
)
