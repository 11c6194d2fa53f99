"""A cluster's signatures in memory: everything that must hold holds, and one field at a time can be made wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from trust import deployment
from trust.canonical import canonical_bytes
from trust.certificate import NodeCertificate, sign_with_token, verify_certificate
from trust.deployment import SignatureText
from trust.dsse import Envelope, Signature, encode, parse_envelope
from trust.gate import Admitted, Marks, admit
from trust.job import JOB_TYPE, JobBody
from trust.keys import ED25519, SigningKey, UserKey, digest, node_id
from trust.machine import sign
from trust.part import format_time
from trust.records import Record
from trust.registration import REGISTRATION_TYPE, Registration
from trust.root import ROOT_TYPE, RootDocument
from trust.snapshot import SNAPSHOT_TYPE, Bundle, SnapshotBody, TrustView, open_bundle
from trust.sshsig import blob_of, sign_with_seed

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TENANT = "t-" + "a" * 26
GIB = 1 << 30


def seed(name: str) -> bytes:
    """A key's seed by name."""
    return hashlib.sha256(name.encode()).digest()


def machine_key(name: str) -> SigningKey:
    """A machine's key by name."""
    return SigningKey(seed(name))


def user_key(name: str) -> UserKey:
    """A person's public key by name."""
    return UserKey(ED25519, machine_key(name).public)


def raw(name: str) -> str:
    """A machine's public key as records carry it."""
    return encode(machine_key(name).public)


def people_sign(kind: str, body: bytes, names: Iterable[str]) -> Envelope:
    """An envelope with SSHSIG signatures of these people."""
    signed = Envelope(kind, body, ()).signed_bytes
    texts = [(user_key(name).key_id, sign_with_seed(seed(name), signed)) for name in names]
    return Envelope(kind, body, tuple(Signature(key_id, blob_of(text)) for key_id, text in texts))


def root_document(version: int = 1, threshold: int = 1, keys: Iterable[str] = ("root-1", "root-2")) -> bytes:
    """A root document's body."""
    lines = tuple(user_key(name).line for name in keys)
    return RootDocument(name="test", version=version, threshold=threshold, keys=lines).to_bytes()


def root(body: bytes, *signers: str) -> bytes:
    """A signed root document."""
    return people_sign(ROOT_TYPE, body, signers).to_json()


GENESIS = root_document()
CLUSTER = digest(GENESIS)


def user(*keys: str, state: str = "active", **fields: Any) -> dict[str, Any]:
    """A user's record."""
    return {"keys": [{"publicKey": user_key(name).line, "state": state, **fields} for name in keys]}


def tenant(*members: str, **changes: Any) -> dict[str, Any]:
    """A tenant's record."""
    ceilings = {"machines": 3, "cpus": 8, "memory": 8 * GIB, "volumes": 3, "storage": 100 * GIB}
    standing: dict[str, Any] = {
        "id": TENANT, "namespace": "a", "members": [{"user": name, "roles": ["deploy"]} for name in members],
        "thresholds": {"deploy": 1}, "ceilings": ceilings, "runtimes": ["vm"], "imageHosts": ["images.example"],
    }  # fmt: skip
    return standing | changes


def supervisor(**changes: Any) -> dict[str, Any]:
    """A supervisor's record."""
    return {"region": "eu", "publicKey": raw("supervisor"), "sites": ["lab"]} | changes


def token(**changes: Any) -> dict[str, Any]:
    """A join token's record."""
    standing: dict[str, Any] = {
        "publicKey": raw("token"), "count": 9, "expires": format_time(NOW + DAY), "site": "lab", "region": "eu",
        "labels": {"disk": "ssd"},
    }  # fmt: skip
    return standing | changes


def release(**changes: Any) -> dict[str, Any]:
    """A boot image's record."""
    standing: dict[str, Any] = {
        "version": "0.2.0", "flavour": "cloud", "digest": digest(b"image"), "size": 5, "minimum": "0.1.0",
        "url": "https://images.example/hardpan.efi",
    }  # fmt: skip
    return standing | changes


def standard_records() -> dict[str, Mapping[str, Any]]:
    """What the snapshot lists unless a test says otherwise."""
    return {
        "User/alice": user("alice"),
        "User/bob": user("bob", "bob-2"),
        "Tenant/a": tenant("alice", "bob"),
        "Supervisor/eu": supervisor(),
        "JoinToken/rack": token(),
    }


@dataclass
class World:
    """Change a field before asking for the next thing."""

    records: dict[str, Mapping[str, Any]] = field(default_factory=standard_records)
    roots: tuple[bytes, ...] = (root(GENESIS, "root-1"),)
    snapshot: dict[str, Any] = field(default_factory=dict)
    snapshot_signers: tuple[str, ...] = ("root-2",)
    beside: tuple[Record, ...] = ()

    @property
    def listed(self) -> tuple[Record, ...]:
        """The records as Kubernetes holds them."""
        parts = ((*key.partition("/"), each) for key, each in self.records.items())
        return tuple(Record(kind, name, each) for kind, _, name, each in parts)

    def snapshot_envelope(self) -> bytes:
        """The signed snapshot."""
        standing: dict[str, Any] = {
            "kind": "TrustSnapshot", "cluster": CLUSTER, "version": 5, "rootVersion": 1,
            "issued": format_time(NOW - DAY), "expires": format_time(NOW + 13 * DAY),
            "records": {each.key: each.digest for each in self.listed}, "revokedNodes": [], "closedTokens": [],
            "revisionFloors": {},
        }  # fmt: skip
        body = SnapshotBody.from_wire(standing | self.snapshot)
        return people_sign(SNAPSHOT_TYPE, body.to_bytes(), self.snapshot_signers).to_json()

    def bundle(self) -> Bundle:
        """The trust bundle."""
        return Bundle(self.roots, self.snapshot_envelope(), (*self.listed, *self.beside))

    def view(self, floor: int = 0, root_floor: int = 0) -> TrustView:
        """The verified view."""
        return open_bundle(self.bundle(), CLUSTER, floor, root_floor)


def machine_item(**changes: Any) -> dict[str, Any]:
    """A machine of a plan."""
    image = {"url": "https://images.example/debian.raw", "sha256": "0" * 64}
    return {"runtime": "vm", "cpus": 2, "memory": 2 * GIB, "disk": GIB, "image": image, "nodeLabels": {}} | changes


def plan_bytes(items: Mapping[tuple[str, str], Any]) -> bytes:
    """A canonical plan."""
    return canonical_bytes(
        {"language": 1, "resources": [{"kind": k, "name": n, "spec": spec} for (k, n), spec in items.items()]}
    )


PLAN = plan_bytes({("volume", "data-0"): {"size": 10 * GIB}, ("machine", "web-0"): machine_item()})


def spec(**changes: Any) -> dict[str, Any]:
    """A deployment's spec without its signatures."""
    standing: dict[str, Any] = {
        "language": 1, "script": "let x = 1;", "revision": 7, "notBefore": format_time(NOW - DAY),
        "expires": format_time(NOW + 30 * DAY), "plan": digest(PLAN),
    }  # fmt: skip
    return standing | changes


def body(
    cluster: str = CLUSTER, tenant_id: str = TENANT, namespace: str = "a", name: str = "web", **fields: Any
) -> bytes:
    """A deployment's signed body."""
    return deployment.signed_body(cluster, tenant_id, namespace, name, spec(**fields))


def signatures(signed: bytes, *names: str) -> list[SignatureText]:
    """These people's signatures of a deployment's body."""
    message = deployment.bytes_to_sign(signed)
    return [SignatureText(user_key(name).key_id, sign_with_seed(seed(name), message)) for name in names]


def document(signed: bytes, *names: str) -> bytes:
    """A deployment's envelope."""
    return deployment.to_envelope(signed, signatures(signed, *names)).to_json()


def certificate(node: str = "node", **changes: Any) -> NodeCertificate:
    """A node's certificate."""
    standing: dict[str, Any] = {
        "kind": "NodeCertificate", "cluster": CLUSTER, "node": node_id(machine_key(node).public),
        "signingKey": raw(node), "boxKey": raw(f"{node}-box"), "tlsKey": raw(f"{node}-tls"),
        "myceliumKey": seed(f"{node}-mycelium").hex(), "site": "lab", "region": "eu", "labels": {"disk": "ssd"},
        "bootTrusted": False, "issued": format_time(NOW), "token": "rack",
    }  # fmt: skip
    return NodeCertificate.from_wire({key: each for key, each in (standing | changes).items() if each is not None})


def vouched(node: str = "node", **changes: Any) -> bytes:
    """A node's certificate in the join token's envelope."""
    return sign_with_token(certificate(node, **changes), machine_key("token"))


INVENTORY: dict[str, Any] = {
    "hostname": "h", "architecture": "x86_64", "kernel": "6.1", "boardVendor": "Acme 1", "virtualisation": "none",
    "agentVersion": "0.1",
}  # fmt: skip


def registration(machine: str = "node", key: str = "", **changes: Any) -> bytes:
    """What a machine signs when it registers; `key` names another signer, all else are fields."""
    held = certificate(machine).wire()
    keys = {name: held[name] for name in ("cluster", "node", "signingKey", "boxKey", "tlsKey", "myceliumKey")}
    standing: dict[str, Any] = {
        "kind": "Registration", **keys, "nonce": "bm9uY2U=", "time": format_time(NOW), "boot": "boot-1", "start": 1,
        "instance": "first", "inventory": INVENTORY, "capacity": {"cpus": 4, "memory": 1 << 32, "disk": 1 << 36},
    }  # fmt: skip
    fields = {name: each for name, each in (standing | changes).items() if each is not None}
    body = Registration.from_wire(fields)
    return sign(REGISTRATION_TYPE, body.to_bytes(), machine_key(key or machine), body.node)


@dataclass
class Order:
    """A job and all that it names; each part can be made wrong by itself."""

    world: World = field(default_factory=World)
    signed: bytes = field(default_factory=body)
    signers: tuple[str, ...] = ("alice",)
    plan: bytes = PLAN
    steps: tuple[tuple[str, str, str, int, int], ...] = (("machine", "web-0", "ensure", 1, 1),)
    key: str = "supervisor"
    changes: dict[str, Any] = field(default_factory=dict)
    more: tuple[bytes, ...] = ()
    marks: dict[str, Any] = field(default_factory=dict)
    own: NodeCertificate = field(default_factory=certificate)
    now: datetime = NOW

    def document(self) -> bytes:
        """The deployment's envelope."""
        return document(self.signed, *self.signers)

    def fields(self) -> dict[str, Any]:
        """The job's body on the wire; a change to None leaves the field out."""
        steps = [
            {"kind": kind, "name": name, "verb": verb, "epoch": epoch, "generation": generation}
            for kind, name, verb, epoch, generation in self.steps
        ]
        standing: dict[str, Any] = {
            "cluster": CLUSTER, "job": "job-1", "attempt": 1, "node": node_id(machine_key("node").public),
            "deployment": {"namespace": "a", "name": "web", "uid": "uid-1", "tenant": TENANT},
            "trust": self.world.bundle().digest, "steps": steps, "supervisor": "eu", "lease": 3,
            "issued": format_time(NOW), "expires": format_time(NOW + timedelta(minutes=15)), "holders": {},
            "certificates": [], "revision": 7, "plan": digest(self.plan), "document": digest(self.document()),
        }  # fmt: skip
        return {key: each for key, each in (standing | self.changes).items() if each is not None}

    def envelope(self) -> bytes:
        """The job as it crosses Redis."""
        return sign(JOB_TYPE, canonical_bytes(self.fields()), machine_key(self.key), "eu")

    def admit(self, envelope: bytes | None = None) -> Admitted:
        """What the gate says."""
        data = (self.world.bundle().to_bytes(), self.document(), self.plan, *self.more)
        documents = {digest(each): each for each in data}
        standing: dict[str, Any] = {
            "cluster": CLUSTER, "snapshot_version": 0, "lease": 0, "revision": None, "fences": {}, "root_version": 0,
        }  # fmt: skip
        marks = Marks(**(standing | self.marks))
        return admit(envelope or self.envelope(), documents.__getitem__, marks, self.own, self.now)


def job_body(order: Order) -> JobBody:
    """The body that an order signs."""
    return JobBody.parse(parse_envelope(order.envelope(), JOB_TYPE).payload)


def verified(data: bytes, world: World | None = None) -> NodeCertificate:
    """A certificate under the world's trust."""
    return verify_certificate(data, (world or World()).view())
