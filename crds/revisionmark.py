"""RevisionMark: per tenant, namespace and name the accepted signed document; it outlives deployment and namespace."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from crds.deployment import Signature
from crds.meta import (
    AGE,
    Column,
    Digest,
    DnsLabel,
    KindDefinition,
    Ordinal,
    Part,
    ResourceName,
    Rule,
    Status,
    TenantId,
    about,
    named,
    rules,
)

BODY_BYTES = 65_536


class RevisionMarkSpec(Part):
    """The accepted document: the exact bytes that were signed (UTF-8 text) and their signatures."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule(
                "self.__namespace__ == oldSelf.__namespace__ && self.name == oldSelf.name"
                " && self.tenant == oldSelf.tenant",
                "a mark belongs to one tenant, namespace and name: make another mark",
            ),
            Rule(
                "self.revision >= oldSelf.revision",
                "an accepted revision never falls: sign a higher revision",
                ".revision",
            ),
            Rule(
                "self.revision > oldSelf.revision || self.digest == oldSelf.digest",
                "the same revision with another digest is refused: sign a higher revision",
                ".digest",
            ),
        )
    )

    namespace: Annotated[DnsLabel, about("Namespace of the deployment.")]
    name: Annotated[ResourceName, about("Name of the deployment.")]
    tenant: Annotated[TenantId, about("Id of its tenant.")]
    revision: Annotated[Ordinal, about("The accepted revision.")]
    digest: Annotated[Digest, about("Digest of the body.")]
    plan: Annotated[Digest, about("Digest of the plan.")]
    body: Annotated[
        str,
        Field(
            max_length=BODY_BYTES,
            description="The signed bytes, in UTF-8.",
            json_schema_extra=rules(
                Rule(
                    f"bytes(self).size() <= {BODY_BYTES}",
                    f"a signed body has at most {BODY_BYTES} bytes: shorten the script, or split the deployment",
                )
            ),
        ),
    ]
    signatures: Annotated[
        list[Signature],
        Field(
            min_length=1,
            max_length=16,
            description="Signatures over the body.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ]


class RevisionMarkStatus(Status):
    """A mark has nothing to observe."""


REVISION_MARK = KindDefinition(
    kind="RevisionMark",
    plural="revisionmarks",
    short_name="hpmark",
    scope="Cluster",
    description="The highest accepted revision of a deployment, kept after its deletion.",
    written_by="supervisor",
    spec=RevisionMarkSpec,
    status=RevisionMarkStatus,
    columns=(
        Column("Namespace", ".spec.namespace"),
        Column("Deployment", ".spec.name"),
        Column("Revision", ".spec.revision", "integer"),
        AGE,
    ),
    rules=(named("^mark-[a-z2-7]{26}$", "a mark is made and named by the supervisor: apply the Deployment instead"),),
)
