"""RevisionMark: per namespace and name the accepted signed document; it outlives deployment and namespace."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from crds.deployment import Signature
from crds.meta import AGE, Column, Digest, DnsLabel, KindDefinition, Part, ResourceName, Status, rules


class RevisionMarkSpec(Part):
    """The accepted document: the exact bytes that were signed (UTF-8 text) and their signatures."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.__namespace__ == oldSelf.__namespace__ && self.name == oldSelf.name",
                "a mark belongs to one namespace and name: make another mark",
            ),
            ("self.revision >= oldSelf.revision", "an accepted revision never falls: sign a higher revision"),
            (
                "self.revision > oldSelf.revision || self.digest == oldSelf.digest",
                "the same revision with another digest is refused: sign a higher revision",
            ),
        )
    )

    namespace: DnsLabel
    name: ResourceName
    tenant: Annotated[str, StringConstraints(max_length=64)]
    revision: Annotated[int, Field(ge=1)]
    digest: Digest
    plan: Digest
    body: Annotated[str, StringConstraints(max_length=65536)]
    signatures: Annotated[list[Signature], Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"})]


class RevisionMarkStatus(Status):
    """A mark has nothing to observe."""


REVISION_MARK = KindDefinition(
    kind="RevisionMark",
    plural="revisionmarks",
    short_name="hpmark",
    scope="Cluster",
    description="The highest accepted revision of a deployment, kept after its deletion.",
    spec=RevisionMarkSpec,
    status=RevisionMarkStatus,
    columns=(
        Column("Namespace", ".spec.namespace"),
        Column("Deployment", ".spec.name"),
        Column("Revision", ".spec.revision", "integer"),
        AGE,
    ),
)
