"""The demo's control plane: certificates, queue, controllers, and the webhook's registration."""

from __future__ import annotations

import base64
import secrets
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from cli.control_plane import ROLES, environment
from cli.demo.layout import Layout
from cli.demo.pki import Authority, Subject
from cli.demo.ports import kept_ports
from cli.demo.processes import Processes
from cli.demo.steps import Steps
from cli.kubectl import Kubectl
from cli.site import Site
from jobs.server import Room, ServerFiles, configuration
from node_agent.settings import CapacitySettings
from sal.errors import SalError
from sal.filesystem import write_durably

CRDS = Path(__file__).parents[2] / "crds"
READY_SECONDS = 30.0
PORTS = ("redis", "gateway", "ledger", "supervisor", "admission")
NAMESPACE = "hardpan-system"


@dataclass(frozen=True)
class Options:
    """What tests set otherwise: seconds between reports, whether admission is asked, what nodes and Redis can hold.

    `within` are words before the controllers' command: they run in surroundings of their own.
    """

    report_interval: float = 10.0
    webhook: bool = True
    capacity: CapacitySettings | None = None
    within: tuple[str, ...] = ()
    redis_memory: str = "256mb"


class ControlPlane:
    """Starts and ends queue and controllers."""

    def __init__(self, layout: Layout, site: Site, kubectl: Kubectl, options: Options | None = None) -> None:
        self._layout, self._site, self._kubectl = layout, site, kubectl
        self._options = options or Options()
        self.processes = Processes(layout.folder / "processes")
        self._ports = kept_ports(layout.folder / "ports.json", PORTS)
        self.authority = Authority(layout.pki, "site-ca")

    @property
    def gateway(self) -> str:
        """The gateway's URL, as nodes reach it."""
        return f"https://{_bracketed(self._layout.address)}:{self._ports['gateway']}"

    @property
    def queue(self) -> str:
        """The queue's URL, as nodes reach it."""
        return f"rediss://{_bracketed(self._layout.address)}:{self._ports['redis']}"

    @property
    def certificate(self) -> Path:
        """See Plane."""
        return self.authority.pair.certificate

    def install_kinds(self) -> None:
        """See Plane."""
        for file in sorted(CRDS.glob("*.yaml")):
            self._kubectl.apply(file.read_text())

    def bring_up(self, steps: Steps) -> None:
        """See Plane."""
        with steps.step("control plane: ledger coord supervisor gateway"):
            self.start_redis()
            self.start_controllers()

    def start_redis(self) -> None:
        """The queue, ready to be asked."""
        folder = self._layout.redis
        folder.mkdir(parents=True, exist_ok=True)
        server = self.authority.issue("redis", self._subject("redis"))
        files = ServerFiles(folder, server.certificate, server.key, self.authority.pair.certificate)
        addresses = sorted({"127.0.0.1", self._layout.address})
        text = configuration(files, addresses, self._ports["redis"], self._password(), Room(self._options.redis_memory))
        write_durably(folder / "redis.conf", text.encode())
        self.processes.start("redis", ["redis-server", str(folder / "redis.conf")])
        self._await("redis", "127.0.0.1", self._ports["redis"])

    def start_controllers(self) -> None:
        """All controllers, until gateway and webhook listen."""
        if self._options.webhook:
            self._kubectl.apply(yaml.safe_dump(self.webhook()))
        words = [*self._options.within, *self._python(), "control-plane", "--logs", str(self._layout.control_plane)]
        self.processes.start("control-plane", words, {**environment(), **self.settings()})
        for role, address in (("ledger", "127.0.0.1"), ("supervisor", "127.0.0.1"), ("gateway", self._layout.address)):
            self._await("control-plane", address, self._ports[role])
        self._await("control-plane", "127.0.0.1", self._ports["admission"])

    def stop(self) -> None:
        """Ends controllers and queue."""
        self.processes.stop("control-plane", 30.0)
        self.processes.stop("redis")

    def pid(self, role: str) -> int:
        """The process of a controller."""
        return int((self._layout.control_plane / f"{role}.pid").read_text())

    def settings(self) -> dict[str, str]:
        """The environment of the controllers."""
        gateway = self.authority.issue("gateway", self._subject("gateway"))
        webhook = self.authority.issue("admission", self._subject("admission"))
        client = self.authority.issue("supervisor", Subject("supervisor"))
        ports = self._ports
        return {
            "KUBECONFIG": str(self._layout.kubeconfig),
            "HARDPAN_NAMESPACE": NAMESPACE,
            "HARDPAN_CLUSTER": self._site.cluster,
            "HARDPAN_SUPERVISOR": "main",
            "HARDPAN_SUPERVISOR_KEY": str(self._site.supervisor_key),
            "HARDPAN_SITE_CA": str(self.authority.pair.certificate),
            "HARDPAN_SITE_CA_KEY": str(self.authority.pair.key),
            "HARDPAN_REDIS": f"rediss://127.0.0.1:{ports['redis']}",
            "HARDPAN_REDIS_PASSWORD_FILE": str(self._layout.redis / "password"),
            "HARDPAN_REDIS_CA": str(self.authority.pair.certificate),
            "HARDPAN_REDIS_CERTIFICATE": str(client.certificate),
            "HARDPAN_REDIS_KEY": str(client.key),
            "HARDPAN_QUEUE_URL": self.queue,
            "HARDPAN_REPORT_INTERVAL": str(self._options.report_interval),
            "HARDPAN_LEDGER_LISTEN": f"127.0.0.1:{ports['ledger']}",
            "HARDPAN_LEDGER_URL": f"http://127.0.0.1:{ports['ledger']}",
            "HARDPAN_SUPERVISOR_LISTEN": f"127.0.0.1:{ports['supervisor']}",
            "HARDPAN_SUPERVISOR_URL": f"http://127.0.0.1:{ports['supervisor']}",
            "HARDPAN_GATEWAY_LISTEN": f"{_bracketed(self._layout.address)}:{ports['gateway']}",
            "HARDPAN_GATEWAY_LISTEN_CERTIFICATE": str(gateway.certificate),
            "HARDPAN_GATEWAY_LISTEN_KEY": str(gateway.key),
            "HARDPAN_ADMISSION_LISTEN": f"127.0.0.1:{ports['admission']}",
            "HARDPAN_ADMISSION_LISTEN_CERTIFICATE": str(webhook.certificate),
            "HARDPAN_ADMISSION_LISTEN_KEY": str(webhook.key),
        }

    def webhook(self) -> dict[str, object]:
        """The registration of the admission webhook: our deployments only, and it fails closed."""
        bundle = base64.b64encode(self.authority.pair.certificate.read_bytes()).decode()
        hook = {
            "name": "deployments.hardpan.dev",
            "clientConfig": {"url": f"https://127.0.0.1:{self._ports['admission']}/v1/deployments", "caBundle": bundle},
            "rules": [
                {
                    "apiGroups": ["hardpan.dev"],
                    "apiVersions": ["v1alpha1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": ["deployments"],
                    "scope": "Namespaced",
                }
            ],
            # What is going away, or changes nothing that is signed, must not wait for a webhook that is away.
            "matchConditions": [
                {"name": "not-going-away", "expression": "!has(object.metadata.deletionTimestamp)"},
                {"name": "spec-changed", "expression": "oldObject == null || object.spec != oldObject.spec"},
            ],
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "timeoutSeconds": 5,
            "matchPolicy": "Equivalent",
            "admissionReviewVersions": ["v1"],
        }
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "hardpan"},
            "webhooks": [hook],
        }

    def _subject(self, name: str) -> Subject:
        addresses = tuple(sorted({"127.0.0.1", self._layout.address}))
        return Subject(name, names=("localhost",), addresses=addresses)

    def _password(self) -> str:
        file = self._layout.redis / "password"
        if not file.exists():
            write_durably(file, secrets.token_urlsafe(32).encode())
        return file.read_text()

    def _python(self) -> list[str]:
        return [sys.executable, "-m", "cli.main"]

    def _await(self, name: str, address: str, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _listens(address, port):
            if self.processes.find(name) is None or time.monotonic() > deadline:
                words = [self._last_words(role) for role in ROLES] + [self.processes.last_words(name)]
                raise SalError(f"{name} did not come up:\n" + "\n".join(word for word in words if word))
            time.sleep(0.05)

    def _last_words(self, role: str) -> str:
        file = self._layout.control_plane / f"{role}.log"
        lines = file.read_text(errors="replace").splitlines()[-3:] if file.exists() else []
        return "\n".join(f"{role}: {line}" for line in lines)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _listens(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
