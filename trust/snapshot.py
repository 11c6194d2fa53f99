"""The trust snapshot: the one root-signed list of what counts, and the view of it that every gate asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Annotated, Literal

from pydantic import Field

from trust.canonical import canonical_bytes, parse_object
from trust.dsse import parse_envelope, payload_type
from trust.errors import BadKey, Code, NotCanonical, Refusal
from trust.keys import digest
from trust.part import Count, Digest, Label, NodeId, Ordinal, Signed, Time, parse_time
from trust.records import (
    RECORD_MODELS,
    JoinTokenRecord,
    Record,
    RecordKey,
    ReleaseRecord,
    Role,
    SupervisorRecord,
    TenantRecord,
    UserRecord,
)
from trust.root import Root, open_root

SNAPSHOT_TYPE = payload_type("trust-snapshot")
DEFAULT_VALIDITY_DAYS = 14
LARGEST_BUNDLE = 1_048_576


class SnapshotBody(Signed):
    """What the root signs: record digests by `Kind/name`, revoked nodes, closed tokens, revision floors."""

    kind: Literal["TrustSnapshot"] = "TrustSnapshot"
    cluster: Digest
    version: Ordinal
    root_version: Ordinal
    issued: Time
    expires: Time
    records: dict[str, Digest]
    revoked_nodes: Annotated[tuple[NodeId, ...], Field(strict=False)]
    closed_tokens: Annotated[tuple[Label, ...], Field(strict=False)]
    revision_floors: dict[str, Count]


@dataclass(frozen=True)
class Signer:
    """A user's key that was found for a signature."""

    user: str
    key: RecordKey


@dataclass(frozen=True)
class TrustView:
    """A verified snapshot with exactly the records that it lists."""

    root: Root
    body: SnapshotBody
    users: Mapping[str, UserRecord]
    tenants: Mapping[str, TenantRecord]
    supervisors: Mapping[str, SupervisorRecord]
    tokens: Mapping[str, JoinTokenRecord]
    releases: Mapping[str, ReleaseRecord]

    @property
    def cluster(self) -> str:
        """The pinned cluster id."""
        return self.root.cluster

    @property
    def version(self) -> int:
        """The snapshot's version."""
        return self.body.version

    @property
    def title(self) -> str:
        """How sentences name it: `41 of 2026-10-02`."""
        return f"{self.version} of {self.body.issued[:10]}"

    @property
    def expires(self) -> datetime:
        """When the snapshot ends."""
        return parse_time(self.body.expires)

    def require_current(self, now: datetime) -> None:
        """Refusal(TrustExpired) after the end: what runs goes on and restarts, nothing else happens."""
        if now >= self.expires:
            remedy = "an operator renews it: hardpan trust renew"
            raise Refusal(Code.TRUST_EXPIRED, f"trust snapshot {self.version} ended {self.body.expires}; {remedy}")

    def tenant_of(self, namespace: str) -> TenantRecord:
        """The one tenant of a namespace, or Refusal(RecordNotListed); of two that claim it neither counts."""
        found = [tenant for tenant in self.tenants.values() if tenant.namespace == namespace]
        if len(found) == 1:
            return found[0]
        which = "more than one tenant claims" if found else "no tenant that counts owns"
        remedy = "an operator removes one" if found else "an operator adds one: hardpan tenant add"
        message = f"{which} namespace {namespace} (trust snapshot {self.version}): {remedy}"
        raise Refusal(Code.RECORD_NOT_LISTED, message, "metadata.namespace")

    def supervisor(self, name: str) -> SupervisorRecord:
        """A supervisor by name, or Refusal(UnknownSupervisor)."""
        if name not in self.supervisors:
            raise Refusal(Code.UNKNOWN_SUPERVISOR, f"supervisor {name} is not listed in trust snapshot {self.version}")
        return self.supervisors[name]

    def signer(self, tenant: TenantRecord, role: Role, key_id: str) -> Signer | None:
        """The member with this key and role, whatever state the key is in; None when nobody has it."""
        for member in tenant.members:
            user = self.users.get(member.user)
            if user is None or role not in member.roles:
                continue
            for key in user.keys:
                if key.key_id == key_id:
                    return Signer(member.user, key)
        return None

    def node_revoked(self, node: str) -> bool:
        """Whether the operator revoked this node."""
        return node in self.body.revoked_nodes


@dataclass(frozen=True)
class Bundle:
    """All that a verifier needs: the root chain, the snapshot and its records, as bytes to pass on."""

    roots: tuple[bytes, ...]
    snapshot: bytes
    records: tuple[Record, ...]

    def to_bytes(self) -> bytes:
        """Canonical JSON; its digest names the bundle."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        """Spelled once: ledger and supervisor need it for every report and every order."""
        records = [{"kind": r.kind, "name": r.name, "spec": r.spec} for r in sorted(self.records, key=lambda r: r.key)]
        roots = [each.decode() for each in self.roots]
        return canonical_bytes({"roots": roots, "snapshot": self.snapshot.decode(), "records": records})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes."""
        return digest(self.to_bytes())


def parse_bundle(data: bytes) -> Bundle:
    """Parses a bundle; Refusal(BadEncoding) when it is none. Nothing is verified yet."""
    try:
        fields = parse_object(data, LARGEST_BUNDLE)
        records = tuple(Record(each["kind"], each["name"], each["spec"]) for each in fields["records"])
        return Bundle(tuple(each.encode() for each in fields["roots"]), fields["snapshot"].encode(), records)
    except (NotCanonical, KeyError, TypeError, AttributeError) as error:
        raise Refusal(Code.BAD_ENCODING, f"not a trust bundle: {error}") from None


@lru_cache(maxsize=4)
def open_bytes(data: bytes, cluster: str, floor: int = 0, root_floor: int = 0) -> TrustView:
    """As `open_bundle`, from bytes: a pure function of them, and every job of a node brings the same ones."""
    return open_bundle(parse_bundle(data), cluster, floor, root_floor)


def open_bundle(bundle: Bundle, cluster: str, floor: int = 0, root_floor: int = 0) -> TrustView:
    """Verifies a bundle against the pinned cluster id and the highest snapshot and root versions seen."""
    return open_trust(bundle.roots, bundle.snapshot, bundle.records, cluster, floor, root_floor)


def open_trust(
    roots: Sequence[bytes],
    snapshot: bytes,
    records: Iterable[Record],
    cluster: str,
    floor: int = 0,
    root_floor: int = 0,
) -> TrustView:
    """Verifies root chain and snapshot, and keeps of the records only what the snapshot lists.

    Raises Refusal with WrongCluster, ThresholdNotMet, TrustRollback or BadEncoding. An ended snapshot opens: ask
    `require_current` where something new starts.
    """
    root = open_root(roots, cluster)
    envelope = parse_envelope(snapshot, SNAPSHOT_TYPE)
    root.verify(envelope)
    body = SnapshotBody.parse(envelope.payload)
    if body.cluster != cluster:
        raise Refusal(Code.WRONG_CLUSTER, f"the snapshot belongs to cluster {body.cluster}, pinned is {cluster}")
    _require_no_rollback(root, body, floor, root_floor)
    listed = [record for record in records if body.records.get(record.key) == record.digest]
    return _view(root, body, listed)


def _require_no_rollback(root: Root, body: SnapshotBody, floor: int, root_floor: int) -> None:
    """A root that was replaced must not come back: its keys may be in other hands by now."""
    if body.version < floor:
        raise Refusal(
            Code.TRUST_ROLLBACK, f"trust snapshot {body.version} is older than {floor}, which was seen before"
        )
    if root.document.version < max(root_floor, body.root_version):
        newest = max(root_floor, body.root_version)
        raise Refusal(Code.TRUST_ROLLBACK, f"root document {root.document.version} was replaced: {newest} is in force")


def _view(root: Root, body: SnapshotBody, records: Iterable[Record]) -> TrustView:
    kinds: dict[str, dict[str, Signed]] = {kind: {} for kind in RECORD_MODELS}
    for record in records:
        model = RECORD_MODELS.get(record.kind)
        if model is not None:
            kinds[record.kind][record.name] = model.from_wire(record.spec)
    users: dict[str, UserRecord] = kinds["User"]  # type: ignore[assignment]
    tenants: dict[str, TenantRecord] = kinds["Tenant"]  # type: ignore[assignment]
    supervisors: dict[str, SupervisorRecord] = kinds["Supervisor"]  # type: ignore[assignment]
    tokens: dict[str, JoinTokenRecord] = kinds["JoinToken"]  # type: ignore[assignment]
    releases: dict[str, ReleaseRecord] = kinds["Release"]  # type: ignore[assignment]
    _require_one_owner_per_key(users)
    return TrustView(root, body, users, tenants, supervisors, tokens, releases)


def _require_one_owner_per_key(users: Mapping[str, UserRecord]) -> None:
    """A key belongs to one user, so that a threshold counts people."""
    owners: dict[str, str] = {}
    for name, user in users.items():
        for key in user.keys:
            try:
                owner = owners.setdefault(key.key_id, name)
            except BadKey as error:
                raise Refusal(Code.BAD_ENCODING, f"User/{name}: {error}") from None
            if owner != name:
                raise Refusal(
                    Code.BAD_ENCODING, f"{key.key_id} belongs to both {owner} and {name}: give it to one of them"
                )
