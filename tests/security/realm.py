"""A cluster with two tenants on a site with real processes, and all that its operators and users ever signed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.unit.node_agent.build import machine_item, uses, volume_item
from tests.unit.node_agent.cluster import DAY, Cluster, people_sign, seed, user_key
from trust import deployment
from trust.canonical import canonical_bytes
from trust.deployment import DEPLOYMENT_TYPE, SignatureText
from trust.dsse import Envelope, Signature
from trust.keys import digest
from trust.part import format_time
from trust.records import Record
from trust.snapshot import SNAPSHOT_TYPE, Bundle, SnapshotBody
from trust.sshsig import blob_of, sign_with_seed

OTHER_TENANT = "t-" + "b" * 26
SEEN = 5
"""The snapshot that the nodes of the realm have seen."""


@dataclass
class Realm(Cluster):
    """Alice may deploy for tenant a, bob for tenant b. Carol could for a; her key is revoked since."""

    version: int = SEEN

    @property
    def records(self) -> tuple[Record, ...]:
        """The records as they are now."""
        return self.records_of(self.version)

    def records_of(self, version: int) -> tuple[Record, ...]:
        """The records as they were when this snapshot was signed."""
        others = [each for each in super().records if each.kind != "Tenant"]
        state = "active" if version < SEEN else "revoked"
        users = [("carol", state), ("bob", "active")]
        people = [
            Record("User", name, {"keys": [{"publicKey": user_key(name).line, "state": state}]})
            for name, state in users
        ]
        return (*others, *people, self._tenant("a", "alice", "carol"), self._tenant("b", "bob"))

    def _tenant(self, namespace: str, *users: str) -> Record:
        spec = {
            "id": self.tenant if namespace == "a" else OTHER_TENANT,
            "namespace": namespace,
            "members": [{"user": name, "roles": ["deploy"]} for name in users],
            "thresholds": {"deploy": 1},
            "ceilings": {"machines": 20, "cpus": 99, "memory": 1 << 40, "volumes": 9, "storage": 1 << 40},
            "runtimes": ["vm"],
            "imageHosts": ["images.example"],
        }
        return Record("Tenant", namespace, spec)

    def snapshot(self, records: Iterable[Record], signers: Iterable[str] = ("root-2",), **changes: Any) -> bytes:
        """A snapshot that lists these records; the root signs it unless others do."""
        standing = {
            "cluster": self.id, "version": self.version, "root_version": 1, "issued": format_time(self.now - DAY),
            "expires": format_time(self.now + 13 * DAY), "records": {each.key: each.digest for each in records},
            "revoked_nodes": (), "closed_tokens": (), "revision_floors": {},
        }  # fmt: skip
        body = SnapshotBody(**(standing | changes))  # type: ignore[arg-type]
        return people_sign(SNAPSHOT_TYPE, body.to_bytes(), signers).to_json()

    def bundle_of(self, snapshot: bytes, records: Iterable[Record]) -> bytes:
        """A bundle put together from parts that need not fit."""
        return Bundle((self.root.to_json(),), snapshot, tuple(records)).to_bytes()


@dataclass(frozen=True)
class Signed:
    """A document and the plan that it names."""

    document: bytes
    plan: bytes
    revision: int


@dataclass(frozen=True)
class Wish:
    """What a user wants to sign, with every field that an attacker might want to be another."""

    realm: Realm
    image: str
    namespace: str = "a"
    name: str = "web"
    revision: int = 3
    signers: tuple[str, ...] = ("alice",)
    items: dict[tuple[str, str], dict[str, Any]] | None = None
    body: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)

    def plan(self) -> bytes:
        """The canonical plan: a machine with a volume unless other items are wanted."""
        items = self.items if self.items is not None else standard_items(self.image)
        resources = [
            {"kind": kind, "name": name, "spec": spec, "dependsOn": []} for (kind, name), spec in sorted(items.items())
        ]
        return canonical_bytes({"language": 1, "resources": resources})

    def to_body(self, plan: bytes) -> bytes:
        """The bytes to sign."""
        now = self.realm.now
        spec = {
            "language": 1, "script": "let x = 1;", "revision": self.revision, "notBefore": format_time(now - DAY),
            "expires": format_time(now + 30 * DAY), "plan": digest(plan), **self.spec,
        }  # fmt: skip
        tenant = self.realm.tenant if self.namespace == "a" else OTHER_TENANT
        place = {"cluster": self.realm.id, "tenant": tenant, "namespace": self.namespace, "name": self.name}
        return deployment.signed_body(spec=spec, **(place | self.body))

    def signed(self) -> Signed:
        """Document and plan, signed by these people."""
        plan = self.plan()
        body = self.to_body(plan)
        message = deployment.bytes_to_sign(body)
        texts = [SignatureText(user_key(each).key_id, sign_with_seed(seed(each), message)) for each in self.signers]
        return Signed(deployment.to_envelope(body, texts).to_json(), plan, self.revision)

    def signed_as(self, text: str) -> Signed:
        """The same with a signature made elsewhere."""
        plan = self.plan()
        made = Envelope(DEPLOYMENT_TYPE, self.to_body(plan), (Signature("made elsewhere", blob_of(text)),))
        return Signed(made.to_json(), plan, self.revision)

    def message(self) -> bytes:
        """What its users sign."""
        return deployment.bytes_to_sign(self.to_body(self.plan()))


def standard_items(image: str) -> dict[tuple[str, str], dict[str, Any]]:
    """A machine with a volume."""
    wanted = {"url": "https://images.example/a.raw", "sha256": image}
    return {
        ("machine", "web-0"): machine_item(image=wanted, volumes=uses("data-0")),
        ("volume", "data-0"): volume_item(),
    }


def long_ago(now: datetime) -> dict[str, str]:
    """The times of a document that has ended."""
    return {"notBefore": format_time(now - 40 * DAY), "expires": format_time(now - timedelta(hours=1))}
