"""Records: users, tenants, supervisors, join tokens and releases as the trust snapshot lists them by digest.

A record carries no signature of its own; one that the snapshot does not list does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from trust.canonical import canonical_bytes
from trust.keys import digest, parse_user_key
from trust.part import Count, Digest, Label, Labels, Ordinal, RawKey, Signed, Text, Time, Version, parse_time

API_VERSION = "hardpan.dev/v1alpha1"
Role = Literal["deploy", "act", "session"]


class RecordKey(Signed):
    """A user's public key: active, retired until a time (verifies, signs nothing new), or revoked."""

    public_key: str
    state: Literal["active", "retired", "revoked"]
    until: Time | None = None

    @property
    def key_id(self) -> str:
        """What `ssh-keygen -lf` prints."""
        return parse_user_key(self.public_key).key_id

    @property
    def signs(self) -> bool:
        """Whether this key may sign something new."""
        return self.state == "active"

    def verifies(self, now: datetime) -> bool:
        """Whether what this key signed earlier still counts."""
        if self.state == "retired":
            return self.until is not None and now < parse_time(self.until)
        return self.state == "active"


class UserRecord(Signed):
    """A person's keys."""

    keys: Annotated[tuple[RecordKey, ...], Field(min_length=1, max_length=16, strict=False)]


class MemberRecord(Signed):
    """A user and what the user may sign for the tenant."""

    user: Label
    roles: Annotated[tuple[Role, ...], Field(min_length=1, strict=False)]


class CeilingsRecord(Signed):
    """The most that one plan may ask for; memory and storage in bytes."""

    machines: Count
    cpus: Count
    memory: Count
    volumes: Count
    storage: Count


class TenantRecord(Signed):
    """A namespace's members, thresholds and ceilings, under a random id."""

    id: Annotated[str, Field(pattern=r"\At-[a-z2-7]{26}\z")]
    namespace: Label
    members: Annotated[tuple[MemberRecord, ...], Field(max_length=256, strict=False)]
    thresholds: dict[Role, Ordinal]
    ceilings: CeilingsRecord
    runtimes: Annotated[tuple[str, ...], Field(strict=False)]
    image_hosts: Annotated[tuple[str, ...], Field(strict=False)]


class SupervisorRecord(Signed):
    """A region's supervisor: its raw Ed25519 key (base64) and the sites that it is vouched for."""

    region: Label
    public_key: RawKey
    sites: Annotated[tuple[Label, ...], Field(min_length=1, strict=False)]


def _network(text: str) -> str:
    ip_network(text, strict=False)
    return text


Network = Annotated[str, Field(max_length=43), AfterValidator(_network)]
ImageUrl = Annotated[str, StringConstraints(pattern=r"\Ahttps?://[!-~]{1,500}\z")]


class JoinTokenRecord(Signed):
    """The public half of a join token and what it may vouch for."""

    public_key: RawKey
    count: Ordinal
    expires: Time
    site: Label
    region: Label
    labels: Labels
    board_vendor: Text | None = None
    machines: Annotated[tuple[Text, ...], Field(min_length=1, max_length=256, strict=False)] | None = None
    networks: Annotated[tuple[Network, ...], Field(min_length=1, max_length=16, strict=False)] | None = None
    measured: bool | None = None


class ReleaseRecord(Signed):
    """A boot image that nodes may run: its bytes by digest, where they are, and the oldest version beside it.

    `pcr_11` is what a TPM holds after it was started (SHA-256, hexadecimal).
    """

    version: Version
    flavour: Label
    digest: Digest
    size: Annotated[int, Field(ge=1, le=1 << 30)]
    url: ImageUrl
    minimum: Version
    pcr_11: Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")] | None = None


RECORD_MODELS: Mapping[str, type[Signed]] = {
    "User": UserRecord,
    "Tenant": TenantRecord,
    "Supervisor": SupervisorRecord,
    "JoinToken": JoinTokenRecord,
    "Release": ReleaseRecord,
}


@dataclass(frozen=True)
class Record:
    """A record as it stands in Kubernetes or in a bundle: kind, name and its spec."""

    kind: str
    name: str
    spec: Mapping[str, Any]

    @property
    def key(self) -> str:
        """How the snapshot names it: `User/alice`."""
        return f"{self.kind}/{self.name}"

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of apiVersion, kind, name and spec."""
        body = {"apiVersion": API_VERSION, "kind": self.kind, "name": self.name, "spec": self.spec}
        return digest(canonical_bytes(body))
