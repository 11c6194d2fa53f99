"""The operator's folder: root chain, records and snapshot, as files that `kubectl apply -f` takes.

It holds no private key of the root; the supervisor's key and the seeds of join tokens are in it, in files of mode 0600.
Nothing is written before it is signed and found to hold: a folder never lists what would not count.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.errors import CliError, Usage
from cli.signer import Signer, signature
from cli.site_files import manifest, read_record, read_yaml, write_secret, write_yaml
from crds.jointoken import JoinTokenSpec
from crds.release import ReleaseSpec
from crds.supervisor import SupervisorSpec
from crds.tenant import TenantSpec
from crds.trust import TrustSpec
from crds.user import UserSpec
from sal.filesystem import write_durably
from trust.dsse import Envelope, encode, parse_envelope
from trust.errors import TrustError
from trust.keys import SigningKey, digest, tenant_id
from trust.part import format_time
from trust.records import Record
from trust.root import ROOT_TYPE, RootDocument
from trust.snapshot import DEFAULT_VALIDITY_DAYS, SNAPSHOT_TYPE, Bundle, SnapshotBody, TrustView, open_bundle

RecordSpec = UserSpec | TenantSpec | SupervisorSpec | JoinTokenSpec | ReleaseSpec


@dataclass(frozen=True)
class Site:
    """An operator's folder."""

    folder: Path

    @property
    def trust_file(self) -> Path:
        """The Trust object."""
        return self.folder / "trust.yaml"

    @property
    def root_file(self) -> Path:
        """The public keys of the operator root, for people."""
        return self.folder / "hardpan-root.pub"

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
    def manifests(self) -> list[Path]:
        """What `kubectl apply` is given: records first, the snapshot that lists them last."""
        return [*sorted((self.folder / "records").glob("*.yaml")), self.trust_file]

    @property
    def trust(self) -> TrustSpec:
        """Root chain and snapshot. Raises CliError when this is no site."""
        if not self.trust_file.exists():
            raise CliError(f"{self.folder} is no site: run `hardpan init` first, or name the site with --site")
        try:
            return TrustSpec.model_validate(read_yaml(self.trust_file)["spec"])
        except (KeyError, TypeError, ValidationError):
            raise CliError(f"{self.trust_file} is damaged: restore it from your backup") from None

    @property
    def cluster(self) -> str:
        """The id of the cluster: the digest of the first root document."""
        return digest(parse_envelope(self.trust.roots[0].encode(), ROOT_TYPE).payload)

    def records(self) -> tuple[Record, ...]:
        """All records in the folder. Raises CliError naming a file that is none."""
        return tuple(read_record(file) for file in sorted((self.folder / "records").glob("*.yaml")))

    def record(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """The spec of one record, or None."""
        return next((each.spec for each in self.records() if each.key == f"{kind}/{name}"), None)

    def bundle(self) -> Bundle:
        """Trust as it travels."""
        trust = self.trust
        return Bundle(tuple(each.encode() for each in trust.roots), trust.snapshot.encode(), self.records())

    def view(self) -> TrustView:
        """What counts by the newest snapshot of this folder. Raises CliError."""
        try:
            return open_bundle(self.bundle(), self.cluster)
        except TrustError as error:
            raise CliError(f"{self.folder}: {error}") from None

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
    key, cluster = SigningKey.generate(), digest(unsigned.payload)
    supervisor = SupervisorSpec(region=region, public_key=encode(key.public), sites=["default"])
    records = {each.key: each for each in (Record("Supervisor", "main", supervisor.wire()),)}
    body = SnapshotBody(
        cluster=cluster,
        version=1,
        root_version=1,
        issued=format_time(now),
        expires=format_time(now + timedelta(days=DEFAULT_VALIDITY_DAYS)),
        records={name: each.digest for name, each in records.items()},
        revoked_nodes=(),
        closed_tokens=(),
        revision_floors={},
    )
    snapshot = _signed(body, signer)
    write_secret(site.supervisor_key, key.seed)
    write_yaml(site.record_file("Supervisor", "main"), manifest("Supervisor", "main", supervisor.wire()))
    write_durably(site.root_file, ("\n".join(keys) + "\n").encode(), 0o644)
    _write_trust(site, [envelope.to_json().decode()], snapshot)
    return site


def renew(
    site: Site,
    signer: Signer,
    now: datetime,
    days: int = DEFAULT_VALIDITY_DAYS,
    changed: Sequence[Record] = (),
    amended: Mapping[str, Any] = {},
) -> SnapshotBody:
    """Signs a new snapshot that lists every record as it stands in the folder, with these changes.

    `amended` are other fields of the snapshot. Nothing is written unless all of it holds. Raises CliError.
    """
    return _renew(site, site.trust.roots, signer, (now, days), changed, amended)


def replace_root(site: Site, keys: Sequence[str], old: Signer, new: Signer, now: datetime) -> SnapshotBody:
    """Signs the next root document with a key of this one and one of its own, and a snapshot under it.

    Nothing is written unless all of it holds. Raises CliError.
    """
    held = site.view().root.document
    root = held.model_copy(update={"version": held.version + 1, "keys": tuple(keys)})
    unsigned = Envelope(ROOT_TYPE, root.to_bytes(), ())
    signers = {each.key.key_id: each for each in (old, new)}.values()
    made = tuple(signature(each, unsigned.signed_bytes) for each in signers)
    envelope = Envelope(ROOT_TYPE, unsigned.payload, made).to_json().decode()
    body = _renew(site, [*site.trust.roots, envelope], new, (now, DEFAULT_VALIDITY_DAYS), (), {})
    write_durably(site.root_file, ("\n".join(keys) + "\n").encode(), 0o644)
    return body


def _renew(
    site: Site,
    roots: Sequence[str],
    signer: Signer,
    validity: tuple[datetime, int],
    changed: Sequence[Record],
    amended: Mapping[str, Any],
) -> SnapshotBody:
    held, (now, days) = snapshot_of(site), validity
    records = {each.key: each for each in (*site.records(), *changed)}
    body = held.model_copy(
        update={
            "version": held.version + 1,
            "root_version": len(roots),
            "issued": format_time(now),
            "expires": format_time(now + timedelta(days=days)),
            "records": {key: record.digest for key, record in records.items()},
            **amended,
        }
    )
    snapshot, chain = _signed(body, signer), tuple(each.encode() for each in roots)
    try:
        open_bundle(Bundle(chain, snapshot.encode(), tuple(records.values())), site.cluster, body.version)
    except TrustError as error:
        raise CliError(f"nothing was changed, since it would not count: {error}") from None
    for record in changed:
        write_yaml(site.record_file(record.kind, record.name), manifest(record.kind, record.name, record.spec))
    _write_trust(site, roots, snapshot)
    return body


def snapshot_of(site: Site) -> SnapshotBody:
    """The newest snapshot of the folder, as it stands. Raises CliError."""
    try:
        return SnapshotBody.parse(parse_envelope(site.trust.snapshot.encode(), SNAPSHOT_TYPE).payload)
    except TrustError as error:
        raise CliError(f"{site.trust_file} is damaged: {error}. Restore it from your backup") from None


def _signed(body: SnapshotBody, signer: Signer) -> str:
    unsigned = Envelope(SNAPSHOT_TYPE, body.to_bytes(), ())
    signed = Envelope(SNAPSHOT_TYPE, unsigned.payload, (signature(signer, unsigned.signed_bytes),))
    return signed.to_json().decode()


def _write_trust(site: Site, roots: Sequence[str], snapshot: str) -> None:
    spec = TrustSpec(roots=list(roots), snapshot=snapshot)
    write_yaml(site.trust_file, manifest("Trust", "cluster", spec.wire()))


def make_token(spec: Mapping[str, Any]) -> tuple[JoinTokenSpec, SigningKey]:
    """A join token's record and its private half."""
    key = SigningKey.generate()
    return JoinTokenSpec.model_validate({**spec, "publicKey": encode(key.public)}), key


def new_token(site: Site, name: str, spec: Mapping[str, Any]) -> SigningKey:
    """Makes a join token that counts with the next snapshot: its record and its private half, as files."""
    made, key = make_token(spec)
    site.put("JoinToken", name, made)
    write_secret(site.token_file(name), key.seed)
    return key


def vouching(site: Site, region: str, name: str) -> tuple[Record, ...]:
    """The supervisor records that must change so that nodes of this site take orders from one of their region."""
    found = [each for each in site.records() if each.kind == "Supervisor" and each.spec["region"] == region]
    if any(name in each.spec["sites"] for each in found):
        return ()
    return tuple(Record(each.kind, each.name, {**each.spec, "sites": [*each.spec["sites"], name]}) for each in found)


def only_region(view: TrustView) -> str:
    """The region that is meant where none is named. Raises Usage when that could be more than one."""
    regions = sorted({each.region for each in view.supervisors.values()})
    if len(regions) != 1:
        raise Usage(f"say --region: supervisors serve {', '.join(regions) or 'none'}")
    return regions[0]


def new_tenant_id() -> str:
    """A random tenant id."""
    return tenant_id(secrets.token_bytes(32))
