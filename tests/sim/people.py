"""Operators and users: the trust that they sign, and deployments as they write and sign them."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crds.jointoken import JOIN_TOKEN
from crds.meta import KindDefinition
from crds.supervisor import SUPERVISOR
from crds.tenant import TENANT
from crds.trust import TRUST
from crds.user import USER
from plans.evaluate import LIMITS, Evaluation, evaluate
from plans.model import Plan
from tests.sim.clock import BEGINNING
from tests.unit.node_agent.cluster import people_sign, seed, user_key
from trust import deployment
from trust.dsse import encode
from trust.keys import SigningKey, digest
from trust.part import format_time
from trust.records import Record
from trust.root import ROOT_TYPE, RootDocument
from trust.snapshot import SNAPSHOT_TYPE, SnapshotBody
from trust.sshsig import sign_with_seed

DAY = timedelta(days=1)
SUPERVISOR_NAME = "main"
REGION, SITE = "eu", "lab"
TENANTS = {"a": "t-" + "a" * 26, "b": "t-" + "b" * 26}
# The limit in real time is none of a simulation's, which may be slow.
PATIENT = dataclasses.replace(LIMITS, seconds=600.0)
IMAGE = "https://images.example/{0}.raw#sha256=" + "{1}" * 64


@functools.lru_cache(maxsize=4096)
def _evaluate(script: str, params: str) -> Evaluation:
    return evaluate(script, json.loads(params), limits=PATIENT)


class Evaluator:
    """`PlanEvaluator` without a child; evaluation is pure, so that what was evaluated once is remembered for good."""

    def evaluate(self, script: str, params: Mapping[str, Any], language: int) -> Evaluation:
        """See PlanEvaluator."""
        return _evaluate(script, json.dumps(params, sort_keys=True))

    def close(self) -> None:
        """See PlanEvaluator."""


@dataclass
class Operator:
    """Who signs the trust of the cluster. Each `snapshot` is newer than the one before."""

    version: int = 1

    def __post_init__(self) -> None:
        keys = tuple(user_key(name).line for name in ("root-1", "root-2"))
        document = RootDocument(name="simulated", version=1, threshold=1, keys=keys)
        self.root = people_sign(ROOT_TYPE, document.to_bytes(), ["root-1"])
        self.cluster = digest(self.root.payload)
        self.supervisor_key = SigningKey(seed("supervisor"))

    @property
    def records(self) -> list[tuple[KindDefinition, Record]]:
        """All records."""
        user = {"keys": [{"publicKey": user_key("alice").line, "state": "active"}]}
        ceilings = {"machines": 50, "cpus": 200, "memory": 1 << 42, "volumes": 50, "storage": 1 << 44}
        token = {
            "publicKey": encode(SigningKey(seed("token")).public), "count": 50, "site": SITE, "region": REGION,
            "expires": format_time(BEGINNING + 30 * DAY), "labels": {},
        }  # fmt: skip
        supervisor = {"region": REGION, "publicKey": encode(self.supervisor_key.public), "sites": [SITE]}
        found = [
            (USER, Record("User", "alice", user)),
            (SUPERVISOR, Record("Supervisor", SUPERVISOR_NAME, supervisor)),
            (JOIN_TOKEN, Record("JoinToken", "rack", token)),
        ]
        for namespace, tenant_id in TENANTS.items():
            members = [{"user": "alice", "roles": ["deploy"]}]
            tenant = {
                "id": tenant_id, "namespace": namespace, "members": members, "thresholds": {"deploy": 1},
                "ceilings": ceilings, "runtimes": ["vm"], "imageHosts": ["images.example"],
            }  # fmt: skip
            found.append((TENANT, Record("Tenant", f"tenant-{namespace}", tenant)))
        return found

    def snapshot(self) -> tuple[KindDefinition, dict[str, Any]]:
        """The spec of the Trust object with the next version."""
        self.version += 1
        return self.present()

    def present(self) -> tuple[KindDefinition, dict[str, Any]]:
        """The same with the version that is in force."""
        return self.issue(self.version, [record for _, record in self.records])

    def issue(self, version: int, records: Iterable[Record]) -> tuple[KindDefinition, dict[str, Any]]:
        """A snapshot of this version that lists these records."""
        body = SnapshotBody(
            cluster=self.cluster, version=version, root_version=1, issued=format_time(BEGINNING - DAY),
            expires=format_time(BEGINNING + 13 * DAY), records={each.key: each.digest for each in records},
            revoked_nodes=(), closed_tokens=(), revision_floors={},
        )  # fmt: skip
        signed = people_sign(SNAPSHOT_TYPE, body.to_bytes(), ["root-2"])
        return TRUST, {"roots": [self.root.to_json().decode()], "snapshot": signed.to_json().decode()}

    def medium(self) -> dict[str, Any]:
        """`medium.json` of every node."""
        return {
            "roots": [json.loads(self.root.to_json())], "cluster": self.cluster, "ca": "ca.pem",
            "gateway": "https://gateway", "token": {"name": "rack", "seed": encode(seed("token"))},
        }  # fmt: skip


SCRIPT = """
for i in 0..params.replicas {
  let disks = [];
  if params.volumes {
    disks.push(#{ volume: volume(`${params.name}-data-${i}`, #{ size: params.size, on_delete: params.on_delete }), mount: "/data" });
  }
  machine(`${params.name}-${i}`, #{
    cpus: params.cpus, memory: params.memory, disk: "1Gi", image: params.image, volumes: disks,
    restart: params.restart, spread: params.name,
  });
}
"""  # noqa: E501


@dataclass(frozen=True)
class Wish:
    """What a user wants of a deployment; `params` of SCRIPT."""

    namespace: str
    name: str
    replicas: int = 2
    volumes: bool = True
    size: str = "1Gi"
    cpus: int = 1
    memory: str = "256Mi"
    image: str = "a"
    restart: str = "always"
    on_delete: str = "bin"
    max_unavailable: int = 1

    @property
    def params(self) -> dict[str, Any]:
        """What the script is given."""
        named = ("name", "replicas", "volumes", "size", "cpus", "memory", "restart", "on_delete")
        return {each: getattr(self, each) for each in named} | {"image": IMAGE.format(self.image, self.image)}

    @property
    def plan(self) -> Plan:
        """What the script gives."""
        return _evaluate(SCRIPT, json.dumps(self.params, sort_keys=True)).plan


@dataclass
class User:
    """Who signs deployments."""

    cluster: str

    def sign(self, wish: Wish, revision: int, *, key: str = "alice", **changes: Any) -> dict[str, Any]:
        """The spec of a Deployment. `changes` are made before signing."""
        spec: dict[str, Any] = {
            "language": 1, "script": SCRIPT, "params": wish.params, "revision": revision,
            "notBefore": format_time(BEGINNING - DAY), "expires": format_time(BEGINNING + 59 * DAY),
            "plan": wish.plan.digest, "maxUnavailable": wish.max_unavailable, **changes,
        }  # fmt: skip
        body = deployment.signed_body(self.cluster, TENANTS[wish.namespace], wish.namespace, wish.name, spec)
        text = sign_with_seed(seed(key), deployment.bytes_to_sign(body))
        return {**spec, "signatures": [{"keyID": user_key(key).key_id, "signature": text}]}
