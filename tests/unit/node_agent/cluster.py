"""A whole cluster's signatures in memory: operators, a tenant's user, a supervisor, a join token, and their jobs."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from node_agent.testing import START
from trust import deployment
from trust.canonical import canonical_bytes
from trust.deployment import SignatureText
from trust.dsse import Envelope, Signature, encode
from trust.job import JOB_TYPE, RECEIPT_TYPE, JobBody, JobStep, Receipt
from trust.keys import ED25519, SigningKey, UserKey, digest
from trust.machine import open_signed, sign
from trust.part import format_time
from trust.records import Record
from trust.root import ROOT_TYPE, RootDocument
from trust.snapshot import SNAPSHOT_TYPE, Bundle, SnapshotBody
from trust.sshsig import blob_of, sign_with_seed

DAY = timedelta(days=1)
TENANT = "t-" + "a" * 26


def seed(name: str) -> bytes:
    """A key's seed by name."""
    return hashlib.sha256(name.encode()).digest()


def user_key(name: str) -> UserKey:
    """A person's public key by name."""
    return UserKey(ED25519, SigningKey(seed(name)).public)


def people_sign(kind: str, body: bytes, names: Iterable[str]) -> Envelope:
    """An envelope with SSHSIG signatures of these people."""
    signed = Envelope(kind, body, ()).signed_bytes
    signatures = tuple(Signature(user_key(name).key_id, blob_of(sign_with_seed(seed(name), signed))) for name in names)
    return Envelope(kind, body, signatures)


@dataclass
class Cluster:
    """What operators, users and the supervisor sign; change a field before asking for the next thing."""

    now: datetime = START
    name: str = "test"
    version: int = 1
    lease: int = 1
    token_labels: Mapping[str, str] = field(default_factory=lambda: {"disk": "ssd"})
    revoked_nodes: tuple[str, ...] = ()
    tenant: str = TENANT
    token_count: int = 9
    releases: dict[str, dict[str, Any]] = field(default_factory=dict)
    token_measured: bool = False

    def __post_init__(self) -> None:
        keys = tuple(user_key(name).line for name in ("root-1", "root-2"))
        document = RootDocument(name=self.name, version=1, threshold=1, keys=keys)
        self.root = people_sign(ROOT_TYPE, document.to_bytes(), ["root-1"])
        self.id = digest(self.root.payload)

    @property
    def records(self) -> tuple[Record, ...]:
        """All records."""
        member = {"user": "alice", "roles": ["deploy"]}
        bounds = {"measured": True} if self.token_measured else {}
        ceilings = {"machines": 20, "cpus": 99, "memory": 1 << 40, "volumes": 9, "storage": 1 << 40}
        specs: list[tuple[str, str, dict[str, Any]]] = [
            ("User", "alice", {"keys": [{"publicKey": user_key("alice").line, "state": "active"}]}),
            (
                "Tenant", "a",
                {"id": self.tenant, "namespace": "a", "members": [member], "thresholds": {"deploy": 1},
                 "ceilings": ceilings, "runtimes": ["vm"], "imageHosts": ["images.example"]},
            ),
            (
                "Supervisor", "eu",
                {"region": "eu", "publicKey": encode(SigningKey(seed("supervisor")).public), "sites": ["lab"]},
            ),
            (
                "JoinToken", "rack",
                {"publicKey": encode(SigningKey(seed("token")).public), "count": self.token_count,
                 "site": "lab", "region": "eu",
                 "expires": format_time(self.now + DAY), "labels": dict(self.token_labels), **bounds},
            ),
        ]  # fmt: skip
        specs += [("Release", name, each) for name, each in self.releases.items()]
        return tuple(Record(*each) for each in specs)

    def bundle(self) -> bytes:
        """The trust bundle of the current version."""
        body = SnapshotBody(
            cluster=self.id, version=self.version, root_version=1, issued=format_time(self.now - DAY),
            expires=format_time(self.now + 13 * DAY), records={each.key: each.digest for each in self.records},
            revoked_nodes=self.revoked_nodes, closed_tokens=(), revision_floors={},
        )  # fmt: skip
        snapshot = people_sign(SNAPSHOT_TYPE, body.to_bytes(), ["root-2"])
        return Bundle((self.root.to_json(),), snapshot.to_json(), self.records).to_bytes()

    def medium(self, gateway: str = "https://127.0.0.1:1", ca: str = "ca.pem") -> dict[str, Any]:
        """`medium.json` with the join token's private half."""
        token = {"name": "rack", "seed": encode(seed("token"))}
        roots = [json.loads(self.root.to_json())]
        return {"roots": roots, "cluster": self.id, "ca": ca, "gateway": gateway, "token": token}


@dataclass
class Tenancy:
    """One deployment of the tenant and the jobs that the supervisor makes of it."""

    cluster: Cluster
    node: str
    items: dict[tuple[str, str], dict[str, Any]]
    revision: int = 1
    signer: str = "alice"
    script: str = "let x = 1;"

    def plan(self) -> bytes:
        """The canonical plan."""
        resources = [
            {"kind": kind, "name": name, "spec": spec, "dependsOn": []}
            for (kind, name), spec in sorted(self.items.items())
        ]
        return canonical_bytes({"language": 1, "resources": resources})

    def document(self) -> bytes:
        """The signed deployment as an envelope."""
        now = self.cluster.now
        spec = {
            "language": 1, "script": self.script, "revision": self.revision, "notBefore": format_time(now - DAY),
            "expires": format_time(now + 30 * DAY), "plan": digest(self.plan()),
        }  # fmt: skip
        body = deployment.signed_body(self.cluster.id, self.cluster.tenant, "a", "web", spec)
        text = sign_with_seed(seed(self.signer), deployment.bytes_to_sign(body))
        key_id = user_key(self.signer).key_id
        return deployment.to_envelope(body, [SignatureText(key_id, text)]).to_json()

    def documents(self, *more: bytes) -> dict[str, bytes]:
        """Everything that a job names, by digest."""
        return {digest(each): each for each in (self.cluster.bundle(), self.document(), self.plan(), *more)}

    def ensure(self, job: str, *steps: tuple[str, str, int, int], attempt: int = 1, **changes: Any) -> bytes:
        """A signed job; steps are (kind, name, epoch, generation)."""
        signed = {"revision": self.revision, "plan": digest(self.plan()), "document": digest(self.document())}
        return self.job(job, [self.step(*each, "ensure") for each in steps], attempt, **signed | changes)

    def absent(self, job: str, *steps: tuple[str, str, int, int], attempt: int = 1, **changes: Any) -> bytes:
        """A signed removal."""
        return self.job(job, [self.step(*each, "absent") for each in steps], attempt, **changes)

    def step(self, kind: str, name: str, epoch: int, generation: int, verb: str) -> JobStep:
        """One step."""
        return JobStep(kind=kind, name=name, verb=verb, epoch=epoch, generation=generation)

    def job(self, job: str, steps: list[JobStep], attempt: int, **changes: Any) -> bytes:
        """The envelope of a job body, signed by the supervisor."""
        now = self.cluster.now
        fields: dict[str, Any] = {
            "cluster": self.cluster.id, "job": job, "attempt": attempt, "node": self.node,
            "deployment": {"namespace": "a", "name": "web", "uid": "uid-1", "tenant": self.cluster.tenant},
            "trust": digest(self.cluster.bundle()), "steps": [each.wire() for each in steps], "supervisor": "eu",
            "lease": self.cluster.lease, "issued": format_time(now),
            "expires": format_time(now + timedelta(minutes=15)), "holders": {}, "certificates": [],
        }  # fmt: skip
        body = JobBody.from_wire(fields | changes)
        return sign(JOB_TYPE, body.to_bytes(), SigningKey(seed("supervisor")), "eu")


def read_receipt(envelope: bytes, public: bytes) -> Receipt:
    """The receipt that this node's key signed."""
    return open_signed(envelope, RECEIPT_TYPE, Receipt, public)


def secret(name: str) -> str:
    """A seed in base64."""
    return base64.b64encode(seed(name)).decode()
