"""Fakes of the doctor's seams: an installation and a machine on which nothing is wrong until a test makes it so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.doctor.machine import PoolFacts
from cli.errors import CliError
from crds.kinds import KINDS
from crds.schema import manifest
from jobs.inspection import Inspection
from node_agent.settings import NodeSettings
from trust.snapshot import TrustView

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NODE = "n-" + "a" * 26
WHOLE_POOL = PoolFacts(btrfs=True, writable=True, quota="squota", fullness=0.1)
REFUSED = 'admission webhook "deployments.hardpan.dev" denied the request: spec.signatures: there is none'


def ago(seconds: float) -> str:
    """A time of the API before NOW."""
    return f"{NOW - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def condition(kind: str, status: str, reason: str, message: str = "", seconds: float = 60) -> dict[str, str]:
    """A condition of the API."""
    words = {"type": kind, "status": status, "reason": reason, "message": message}
    return words | {"lastTransitionTime": ago(seconds)}


def thing(name: str, *conditions: dict[str, str], namespace: str = "", **fields: Any) -> dict[str, Any]:
    """An object of the API; `metadata` among the fields is added to its own."""
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": ago(3600), **fields.pop("metadata", {})}
    status = {"conditions": list(conditions), **fields.pop("status", {})}
    return {"metadata": metadata, "spec": {}, "status": status, **fields}


def lease(name: str, seconds: float = 2) -> dict[str, Any]:
    """The lease of a controller, renewed so long ago."""
    renewed = (NOW - timedelta(seconds=seconds)).isoformat()
    return thing(
        f"hardpan-{name}",
        namespace="hardpan",
        spec={"holderIdentity": f"{name}-1", "renewTime": renewed, "leaseDurationSeconds": 15},
    )


def _objects() -> dict[str, list[dict[str, Any]]]:
    hook = {"name": "deployments.hardpan.dev", "clientConfig": {}}
    ready = condition("Ready", "True", "Reporting")
    return {
        "customresourcedefinitions": [manifest(each) for each in KINDS],
        "supervisors.hardpan.dev": [thing("main", condition("Ready", "True", "Leading"), spec={"region": "eu"})],
        "leases.coordination.k8s.io": [lease("ledger"), lease("coord"), lease("supervisor-main")],
        "validatingwebhookconfigurations.admissionregistration.k8s.io": [{**thing("hardpan"), "webhooks": [hook]}],
        "nodes.hardpan.dev": [thing(NODE, ready, status={"region": "eu"})],
        "deployments.hardpan.dev": [
            thing("web", condition("Ready", "True", "AsDescribed"), namespace="shop", spec={"region": "eu"})
        ],
    }


@dataclass
class FakeInstallation:
    """An installation in memory; an error put into `failing` under a method's name is raised by it."""

    now: datetime = NOW
    held: dict[str, list[dict[str, Any]]] = field(default_factory=_objects)
    ready: str = "ok"
    said: str | None = REFUSED
    view: TrustView | None = None
    inspection: Inspection | None = None
    ends: dict[str, datetime] = field(default_factory=dict)
    secrets: dict[str, datetime] = field(default_factory=dict)
    failing: dict[str, CliError] = field(default_factory=dict)

    def objects(self, resource: str) -> list[dict[str, Any]]:
        """See Installation."""
        self._fail("objects")
        return self.held.get(resource, [])

    def answer(self, path: str) -> str:
        """See Installation."""
        self._fail("answer")
        return self.ready

    def refusal(self, manifest: str) -> str | None:
        """See Installation."""
        return self.said

    def trust(self) -> TrustView | None:
        """See Installation."""
        self._fail("trust")
        return self.view

    def queue(self) -> Inspection | None:
        """See Installation."""
        self._fail("queue")
        return self.inspection

    def certificates(self) -> dict[str, datetime]:
        """See Installation."""
        return self.ends

    def issued(self) -> dict[str, datetime]:
        """See Installation."""
        self._fail("issued")
        return self.secrets

    def _fail(self, method: str) -> None:
        if method in self.failing:
            raise self.failing[method]


@dataclass
class FakeMachine:
    """A machine in memory."""

    settings: NodeSettings
    now: datetime = NOW
    facts: PoolFacts = WHOLE_POOL
    refused: dict[str, str] = field(default_factory=dict)
    programs: set[str] = field(default_factory=lambda: {"qemu-system-x86_64"})
    loaded: frozenset[str] = frozenset({"bridge hardpan", "ip6 hardpan"})
    in_time: bool = True
    ends: dict[str, datetime] = field(default_factory=lambda: {"the queue's certificate": NOW + timedelta(days=1)})
    running: set[str] = field(default_factory=lambda: {"agent", "executor"})
    silence: str = ""
    damage: str = ""
    unreachable: str = ""

    def pool(self) -> PoolFacts:
        """See Machine."""
        return self.facts

    def opens(self, device: str) -> str:
        """See Machine."""
        return self.refused.get(device, "")

    def finds(self, program: str) -> bool:
        """See Machine."""
        return program in self.programs

    def tables(self) -> frozenset[str]:
        """See Machine."""
        return self.loaded

    def synchronised(self) -> bool:
        """See Machine."""
        return self.in_time

    def certificate_ends(self) -> dict[str, datetime]:
        """See Machine."""
        return self.ends

    def runs(self, process: str) -> bool:
        """See Machine."""
        return process in self.running

    def executor(self) -> str:
        """See Machine."""
        return self.silence

    def journal(self) -> str:
        """See Machine."""
        return self.damage

    def gateway(self) -> str:
        """See Machine."""
        return self.unreachable
