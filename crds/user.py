"""User: a person's public keys. Counts only when the trust snapshot lists it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from crds.meta import (
    AGE,
    NAMED_AS_RECORD,
    KindDefinition,
    Part,
    Rule,
    Status,
    Timestamp,
    about,
    condition_column,
    rules,
)
from crds.record_conditions import LISTED

# Both kinds have one length each: a plain key is 51 bytes, a FIDO key of application `ssh:`, the only one, is 74.
KEY_LINE = (
    r"^(ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}"
    r"|sk-ssh-ed25519@openssh\.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAI[A-Za-z0-9+/]{43}AAAABHNzaDo=)"
    r"( [^\x00-\x1f]*)?$"
)


PublicKeyLine = Annotated[str, StringConstraints(pattern=KEY_LINE, max_length=512)]


class UserKey(Part):
    """An OpenSSH public key; a retired key verifies until `until` and signs nothing new."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule(
                "self.state != 'retired' || has(self.until)",
                "a retired key needs `until`: set the time after which it no longer counts",
                ".until",
            ),
        )
    )

    public_key: Annotated[
        PublicKeyLine,
        about("The line of a .pub file: ssh-ed25519, or sk-ssh-ed25519@openssh.com with application `ssh:`."),
    ]
    state: Annotated[
        Literal["active", "retired", "revoked"], about("Retired: signs nothing new. Revoked: counts never.")
    ]
    until: Annotated[Timestamp, about("Until when a retired key's signatures count.")] | None = None


class UserSpec(Part):
    """The record; its digest is listed in the snapshot."""

    keys: Annotated[
        list[UserKey],
        Field(
            min_length=1,
            max_length=16,
            description="The person's keys.",
            json_schema_extra=rules(
                Rule(
                    "self.all(one, self.exists_one(other, other.publicKey == one.publicKey))",
                    "a key stands once among a user's keys: take the other line out",
                ),
                **{"x-kubernetes-list-type": "atomic"},
            ),
        ),
    ]


class UserStatus(Status):
    """Whether the newest snapshot lists this record."""


USER = KindDefinition(
    kind="User",
    plural="users",
    short_name="hpuser",
    scope="Cluster",
    description="A person's public keys.",
    written_by="operator, ledger (status)",
    spec=UserSpec,
    status=UserStatus,
    columns=(condition_column("Listed", "Ready"), condition_column("Reason", "Ready", "reason"), AGE),
    conditions=(LISTED,),
    rules=(NAMED_AS_RECORD,),
)
