"""User: a person's public keys. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import AGE, Column, KindDefinition, Part, Status, Timestamp, condition_column, rules


class UserKey(Part):
    """An OpenSSH public key; a retired key verifies until `until` and signs nothing new."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.state != 'retired' || has(self.until)",
                "a retired key needs `until`: set the time after which it no longer counts",
            ),
        )
    )

    public_key: Annotated[
        str,
        StringConstraints(
            pattern=r"^(ssh-ed25519|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]+( [^\x00-\x1f]*)?$", max_length=512
        ),
    ]
    state: Literal["active", "retired", "revoked"]
    until: Timestamp | None = None


class UserSpec(Part):
    """The record; its digest is listed in the snapshot."""

    keys: Annotated[
        list[UserKey], Field(min_length=1, max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ]


class UserStatus(Status):
    """Whether the newest snapshot lists this record."""


USER = KindDefinition(
    kind="User",
    plural="users",
    short_name="hpuser",
    scope="Cluster",
    description="A person's public keys.",
    spec=UserSpec,
    status=UserStatus,
    columns=(condition_column("Listed", "Ready"), Column("Keys", ".spec.keys[*].state"), AGE),
)
