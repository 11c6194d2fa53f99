"""Deployment: a tenant's signed script. Everything in the spec but `signatures` and `suspend` is signed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    Column,
    Digest,
    KeyId,
    KindDefinition,
    Part,
    Region,
    Status,
    Timestamp,
    condition_column,
    rules,
)


class Reason(StrEnum):
    """Reasons of a deployment's conditions that are not refusal codes of `trust.errors`."""

    ACCEPTED = "Accepted"
    AS_DESCRIBED = "AsDescribed"
    ASSIGNED = "Assigned"
    NO_SUPERVISOR = "NoSupervisor"
    NOT_SIGNED = "NotSigned"
    REVISION_REFUSED = "RevisionRefused"
    SCRIPT_ERROR = "ScriptError"
    NAME_TAKEN = "NameTaken"
    UPDATE_REFUSED = "UpdateRefused"
    UPDATE_HALTED = "UpdateHalted"
    UPDATING = "Updating"
    NO_NODE_FITS = "NoNodeFits"
    NODE_UNREACHABLE = "NodeUnreachable"
    WAITING_FOR_NODE = "WaitingForNode"
    REMOVING = "Removing"
    REMOVALS_HALTED = "RemovalsHalted"
    SUSPENDED = "Suspended"
    SIGNATURE_ENDS_SOON = "SignatureEndsSoon"
    SIGNATURE_ENDED = "SignatureEnded"
    VALID = "Valid"
    NOT_YET_ACCEPTED = "NotYetAccepted"


class Signature(Part):
    """An SSHSIG over the signed body: armoured as `ssh-keygen -Y sign` prints it, or its bare base64."""

    key_id: Annotated[KeyId, Field(alias="keyID")]
    signature: Annotated[str, StringConstraints(min_length=64, max_length=2048)]


class DeploymentSpec(Part):
    """What a user writes and signs; `revision`, `notBefore`, `expires`, `plan`, `signatures` come from `sign`."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.signatures) && has(self.plan) && has(self.revision) && has(self.notBefore)"
                " && has(self.expires)",
                "not signed yet: run `kubectl hardpan sign FILE`, then apply again",
            ),
            (
                "!has(self.notBefore) || !has(self.expires) || timestamp(self.notBefore) < timestamp(self.expires)",
                "expires must be later than notBefore: run `kubectl hardpan sign FILE`, then apply again",
            ),
            (
                "!has(self.notBefore) || !has(self.expires)"
                " || timestamp(self.expires) - timestamp(self.notBefore) <= duration('2160h')",
                "a signature is valid for at most 90 days: sign again with an earlier expiry",
            ),
        )
    )

    language: Annotated[int, Field(ge=1, le=1)]
    script: Annotated[str, StringConstraints(min_length=1, max_length=49152)]
    region: Region | None = None
    params: Annotated[
        dict[str, Any] | None,
        Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-map-type": "atomic"}),
    ] = None
    revision: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
    not_before: Timestamp | None = None
    expires: Timestamp | None = None
    on_partition: Literal["Keep"] | None = None
    max_unavailable: Annotated[int, Field(ge=1, le=100)] | None = None
    plan: Digest | None = None
    signatures: Annotated[
        list[Signature] | None,
        Field(min_length=1, max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = None
    suspend: bool | None = None


class AssignedSupervisor(Part):
    """Who serves the deployment; written by coord only."""

    name: str
    epoch: int


class AcceptedRevision(Part):
    """The revision that the supervisor accepted last; it runs until a newer one is accepted."""

    revision: int
    digest: Digest
    plan: Digest
    signers: Annotated[list[str], Field(max_length=16)]


class Counts(Part):
    """How many of the plan's machines run."""

    machines: int
    ready: int
    summary: str


class Placement(Part):
    """Why a resource has no node: nodes looked at, and how many fell out by which rule."""

    resource: str
    evaluated: int
    filtered: Annotated[dict[str, int], Field(max_length=16)]
    message: str


class DeploymentStatus(Status):
    """`supervisor` and the condition Assigned are coord's, all else the supervisor's."""

    supervisor: AssignedSupervisor | None = None
    accepted: AcceptedRevision | None = None
    counts: Counts | None = None
    placement: Annotated[
        list[Placement] | None, Field(max_length=8, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = None


DEPLOYMENT = KindDefinition(
    kind="Deployment",
    plural="deployments",
    short_name="hpdeploy",
    scope="Namespaced",
    description="A user's signed script; machines and volumes appear on nodes and stay as it describes.",
    spec=DeploymentSpec,
    status=DeploymentStatus,
    columns=(
        Column("Ready", ".status.counts.summary"),
        Column("Revision", ".status.accepted.revision", "integer"),
        Column("Signer", ".status.accepted.signers[0]"),
        Column("Region", ".spec.region"),
        condition_column("Status", "Ready", "reason"),
        AGE,
        Column("Supervisor", ".status.supervisor.name", wide=True),
        Column("Plan", ".status.accepted.plan", wide=True),
    ),
    selectable_fields=(".spec.region",),
    rules=(
        (
            "self.metadata.name.matches('^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$')",
            "metadata.name must be a DNS label of at most 40 characters that begins with a letter: rename it",
        ),
    ),
)
