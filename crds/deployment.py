"""Deployment: a tenant's signed script. Everything in the spec but `signatures` and `suspend` is signed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.deployment_conditions import CONDITIONS
from crds.meta import (
    AGE,
    NAMED_AS_RESOURCE,
    Column,
    Count,
    Digest,
    DnsLabel,
    KeyId,
    KindDefinition,
    Ordinal,
    Part,
    Region,
    Rule,
    Status,
    Text,
    Timestamp,
    about,
    condition_column,
    rules,
)

SIGN = "run `kubectl hardpan sign FILE`, then apply again"
SCRIPT_BYTES = 49_152


class Signature(Part):
    """An SSHSIG over the signed body: armoured as `ssh-keygen -Y sign` prints it, or its bare base64."""

    key_id: Annotated[KeyId, Field(alias="keyID"), about("The key, as `ssh-keygen -lf` prints it.")]
    signature: Annotated[str, StringConstraints(min_length=64, max_length=2048), about("The signature.")]


class DeploymentSpec(Part):
    """What a user writes and signs; `revision`, `notBefore`, `expires`, `plan`, `signatures` come from `sign`."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule(
                "has(self.signatures) && has(self.plan) && has(self.revision) && has(self.notBefore)"
                " && has(self.expires)",
                f"not signed yet: {SIGN}",
                ".signatures",
            ),
            Rule(
                "!has(self.notBefore) || !has(self.expires) || self.notBefore < self.expires",
                f"expires must be later than notBefore: {SIGN}",
                ".expires",
            ),
            Rule(
                "!has(self.notBefore) || !has(self.expires) || self.expires - self.notBefore <= duration('2160h')",
                "a signature is valid for at most 90 days from notBefore: sign again with fewer --days",
                ".expires",
            ),
        )
    )

    language: Annotated[int, Field(ge=1, le=1), about("Version of the script functions and of their defaults.")]
    script: Annotated[
        str,
        Field(
            min_length=1,
            max_length=SCRIPT_BYTES,
            description="The Rhai script.",
            json_schema_extra=rules(
                Rule(
                    f"bytes(self).size() <= {SCRIPT_BYTES}",
                    f"the script has more than {SCRIPT_BYTES} bytes in UTF-8: shorten it, or split the deployment",
                )
            ),
        ),
    ]
    region: (
        Annotated[
            Region, about("Where it runs, binding for nodes; absent: the region of the supervisor that serves it.")
        ]
        | None
    ) = None
    params: Annotated[
        dict[str, Any] | None,
        Field(
            description="Values that the script reads as `params`: integers, texts, booleans, lists and maps.",
            json_schema_extra={"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-map-type": "atomic"},
        ),
    ] = None
    revision: Annotated[Ordinal, about("Rises with every signed change.")] | None = None
    not_before: Annotated[Timestamp, about("When the signature begins to count.")] | None = None
    expires: (
        Annotated[Timestamp, about("Until when it may be accepted; what runs by then is kept and restarted.")] | None
    ) = None
    on_partition: (
        Annotated[Literal["Keep"], about("What a node does that is cut off: Keep goes on running.")] | None
    ) = None
    max_unavailable: (
        Annotated[int, Field(ge=1, le=100), about("Machines that an update may take down at a time; absent: 1.")] | None
    ) = None
    plan: Annotated[Digest, about("Digest of the plan that the script gives.")] | None = None
    signatures: Annotated[
        list[Signature] | None,
        Field(
            min_length=1,
            max_length=16,
            description="Signatures of users over all of the above. Not signed themselves.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = None
    suspend: Annotated[bool, about("True: nothing new is started or changed. Not signed.")] | None = None


class AssignedSupervisor(Part):
    """Who serves the deployment; written by coord only."""

    name: Annotated[DnsLabel, about("The supervisor.")]
    epoch: Annotated[Count, about("Number of the assignment.")]


class AcceptedRevision(Part):
    """The revision that the supervisor accepted last; it runs until a newer one is accepted."""

    revision: Annotated[Ordinal, about("Its number.")]
    digest: Annotated[Digest, about("Digest of the signed body.")]
    plan: Annotated[Digest, about("Digest of its plan.")]
    signers: Annotated[list[DnsLabel], Field(max_length=16), about("Users who signed it.")]
    region: Annotated[Region, about("Where it runs: the region that it names, or its supervisor's.")] | None = None


class Counts(Part):
    """How many of the plan's machines run."""

    machines: Annotated[Count, about("Machines of the accepted plan.")]
    ready: Annotated[Count, about("How many of them run as described.")]
    summary: Annotated[Text, about("Both, for people: 2/3.")]


class Placement(Part):
    """Why a resource has no node: nodes looked at, and how many fell out by which rule."""

    resource: Annotated[Text, about("The resource.")]
    evaluated: Annotated[Count, about("Nodes looked at.")]
    filtered: Annotated[dict[str, Count], Field(max_length=16), about("Nodes that fell out, by rule.")]
    message: Annotated[str, StringConstraints(max_length=4096), about("The same in one sentence.")]


class DeploymentStatus(Status):
    """`supervisor` and the condition Assigned are coord's, all else the supervisor's."""

    supervisor: Annotated[AssignedSupervisor, about("Who serves it; written by coord.")] | None = None
    accepted: Annotated[AcceptedRevision, about("What runs, whatever the spec says now.")] | None = None
    counts: Annotated[Counts, about("How much of it runs.")] | None = None
    placement: Annotated[
        list[Placement] | None,
        Field(
            max_length=8,
            description="Resources without a node, and why; the first few.",
            json_schema_extra={"x-kubernetes-list-type": "atomic"},
        ),
    ] = None


DEPLOYMENT = KindDefinition(
    kind="Deployment",
    plural="deployments",
    short_name="hpdeploy",
    scope="Namespaced",
    description="A user's signed script; machines and volumes appear on nodes and stay as it describes.",
    written_by="tenant (spec), supervisor (status), coord (`status.supervisor` and the condition Assigned)",
    spec=DeploymentSpec,
    status=DeploymentStatus,
    columns=(
        Column("Ready", ".status.counts.summary"),
        Column("Revision", ".status.accepted.revision", "integer"),
        Column("Signer", ".status.accepted.signers[0]"),
        Column("Region", ".status.accepted.region"),
        AGE,
        condition_column("Reason", "Ready", "reason", wide=True),
        Column("Supervisor", ".status.supervisor.name", wide=True),
        Column("Plan", ".status.accepted.plan", wide=True),
    ),
    conditions=CONDITIONS,
    selectable_fields=(".spec.region",),
    rules=(NAMED_AS_RESOURCE,),
)
