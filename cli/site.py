"""The operator's folder: root chain, records and snapshot, as files that `kubectl apply -f` takes.

It holds no private key of the root; the supervisor's key and the seeds of join tokens are in it, in files of mode 0600.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from cli.errors import CliError, Usage
from cli.signer import Signer, signature
from crds.jointoken import JoinTokenSpec
from crds.meta import API_VERSION
from crds.supervisor import SupervisorSpec
from crds.tenant import TenantSpec
from crds.trust import TrustSpec
from crds.user import UserSpec
from sal.filesystem import write_durably
from trust.dsse import Envelope, decode, encode, parse_envelope
from trust.keys import SigningKey, digest, tenant_id
from trust.part import format_time
from trust.records import Record
from trust.root import ROOT_TYPE, RootDocument
from trust.snapshot import DEFAULT_VALIDITY_DAYS, SNAPSHOT_TYPE, Bundle, SnapshotBody, TrustView, open_bundle

RecordSpec = UserSpec | TenantSpec | SupervisorSpec | JoinTokenSpec


@dataclass(frozen=True)
class Site:
    """An operator's folder."""

    folder: Path

    @property
    def trust_file(self) -> Path:
        """The Trust object."""
        return self.folder / "trust.yaml"

    @property
    def supervisor_key(self) -> Path:
        """The supervisor's private seed, base64."""
        return self.folder / "supervisor.key"

    def token_file(self, name: str) -> Path:
        """The private seed of a join token, base64."""
        return self.folder / "tokens" / f"{name}.seed"

    def record_file(self, kind: str, name: str) -> Path:
        """The file of a record."""
        return self.folder / "records" / f"{kind.lower()}-{name}.yaml"

    @property
    def trust(self) -> TrustSpec:
        """Root chain and snapshot. Raises CliError when this is no site."""
        try:
            return TrustSpec.model_validate(yaml.safe_load(self.trust_file.read_text())["spec"])
        except OSError:
            raise CliError(f"{self.folder} is no site: run `hardpan init` first, or name it with --site") from None

    @property
    def cluster(self) -> str:
        """The id of the cluster: the digest of the first root document."""
        return digest(parse_envelope(self.trust.roots[0].encode(), ROOT_TYPE).payload)

    def records(self) -> tuple[Record, ...]:
        """All records in the folder."""
        found = [yaml.safe_load(each.read_text()) for each in sorted((self.folder / "records").glob("*.yaml"))]
        return tuple(Record(each["kind"], each["metadata"]["name"], each["spec"]) for each in found)

    def bundle(self) -> Bundle:
        """Trust as it travels."""
        trust = self.trust
        return Bundle(tuple(each.encode() for each in trust.roots), trust.snapshot.encode(), self.records())

    def view(self) -> TrustView:
        """What counts by the newest snapshot of this folder."""
        return open_bundle(self.bundle(), self.cluster)

    def put(self, kind: str, name: str, spec: RecordSpec) -> None:
        """Writes a record; it counts with the next snapshot."""
        write_yaml(self.record_file(kind, name), manifest(kind, name, spec.wire()))


def init(folder: Path, name: str, keys: Sequence[str], signer: Signer, region: str, now: datetime) -> Site:
    """Makes a site: its root document, a supervisor for one region, a first snapshot. Raises Usage."""
    site = Site(folder)
    if site.trust_file.exists():
        raise Usage(f"{folder} is a site already: its root is made once; use another --site for another cluster")
    root = RootDocument(name=name, version=1, threshold=1, keys=tuple(keys))
    if signer.key.key_id not in root.key_ids() or len(root.key_ids()) < 2:
        raise Usage("the operator root needs two different keys or more, and must be signed with one of them")
    unsigned = Envelope(ROOT_TYPE, root.to_bytes(), ())
    envelope = Envelope(ROOT_TYPE, unsigned.payload, (signature(signer, unsigned.signed_bytes),))
    key = SigningKey.generate()
    write_secret(site.supervisor_key, key.seed)
    spec = SupervisorSpec(region=region, public_key=encode(key.public), sites=["default"])
    site.put("Supervisor", "main", spec)
    cluster = digest(unsigned.payload)
    _write_trust(site, [envelope.to_json().decode()], _snapshot(site, cluster, 1, signer, now))
    return site


def renew(site: Site, signer: Signer, now: datetime, days: int = DEFAULT_VALIDITY_DAYS) -> SnapshotBody:
    """Signs a new snapshot that lists every record as it stands in the folder."""
    held = SnapshotBody.parse(parse_envelope(site.trust.snapshot.encode(), SNAPSHOT_TYPE).payload)
    snapshot = _snapshot(site, site.cluster, held.version + 1, signer, now, days, held)
    _write_trust(site, site.trust.roots, snapshot)
    return SnapshotBody.parse(parse_envelope(snapshot.encode(), SNAPSHOT_TYPE).payload)


def _snapshot(
    site: Site,
    cluster: str,
    version: int,
    signer: Signer,
    now: datetime,
    days: int = DEFAULT_VALIDITY_DAYS,
    held: SnapshotBody | None = None,
) -> str:
    body = SnapshotBody(
        cluster=cluster,
        version=version,
        root_version=1,
        issued=format_time(now),
        expires=format_time(now + timedelta(days=days)),
        records={record.key: record.digest for record in site.records()},
        revoked_nodes=held.revoked_nodes if held else (),
        closed_tokens=held.closed_tokens if held else (),
        revision_floors=held.revision_floors if held else {},
    )
    unsigned = Envelope(SNAPSHOT_TYPE, body.to_bytes(), ())
    signed = Envelope(SNAPSHOT_TYPE, unsigned.payload, (signature(signer, unsigned.signed_bytes),))
    return signed.to_json().decode()


def _write_trust(site: Site, roots: Sequence[str], snapshot: str) -> None:
    spec = TrustSpec(roots=list(roots), snapshot=snapshot)
    write_yaml(site.trust_file, manifest("Trust", "cluster", spec.wire()))


def new_token(site: Site, name: str, spec: dict[str, Any]) -> SigningKey:
    """Makes a join token: its public half a record, its private half a file."""
    if site.record_file("JoinToken", name).exists():
        raise Usage(f"join token {name} is there already: choose another name")
    key = SigningKey.generate()
    site.put("JoinToken", name, JoinTokenSpec.model_validate({**spec, "publicKey": encode(key.public)}))
    write_secret(site.token_file(name), key.seed)
    return key


def only_region(view: TrustView) -> str:
    """The region that is meant where none is named. Raises Usage when that could be more than one."""
    regions = sorted({each.region for each in view.supervisors.values()})
    if len(regions) != 1:
        raise Usage(f"say --region: supervisors serve {', '.join(regions) or 'none'}")
    return regions[0]


def new_tenant_id() -> str:
    """A random tenant id."""
    return tenant_id(secrets.token_bytes(32))


def manifest(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """An object as kubectl takes it."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def write_yaml(file: Path, content: dict[str, Any]) -> None:
    """Writes a manifest, whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_durably(file, yaml.safe_dump(content, sort_keys=False).encode(), 0o644)


def write_secret(file: Path, seed: bytes) -> None:
    """Writes a private seed, base64, readable by the owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_durably(file, encode(seed).encode())


def read_secret(file: Path) -> SigningKey:
    """The key of a seed file."""
    return SigningKey(decode(file.read_text().strip()))
