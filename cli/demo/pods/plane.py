"""The demo's control plane in pods: our image and our charts, installed by helm as on a site."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from cli.demo.helm import Helm
from cli.demo.layout import Layout
from cli.demo.pods.cluster import PodsKubernetes
from cli.demo.pods.controllers import write_image
from cli.demo.pods.exposed import Way, expose, withdraw
from cli.demo.pods.values import GATEWAY_PORT, KEY_SECRET, QUEUE_PORT, values
from cli.demo.processes import Processes
from cli.demo.steps import Steps
from cli.kubectl import Kubectl
from cli.site import Site
from sal.filesystem import write_durably

WAYS = (Way("gateway", GATEWAY_PORT), Way("queue", QUEUE_PORT))
AUTHORITY = "hardpan-site-ca"


@dataclass(frozen=True)
class PodPlane:
    """See Plane."""

    layout: Layout
    site: Site
    cluster: PodsKubernetes
    kubectl: Kubectl
    helm: Helm
    namespace: str

    @property
    def gateway(self) -> str:
        """See Plane."""
        return f"https://[{self.layout.address}]:{GATEWAY_PORT}"

    @property
    def certificate(self) -> Path:
        """See Plane."""
        return self.layout.pki / "installed-ca.crt"

    def install_kinds(self) -> None:
        """See Plane."""
        self.helm.install("hardpan-crds", self.namespace)

    def bring_up(self, steps: Steps) -> None:
        """See Plane."""
        with steps.step("image of the controllers, given to Kubernetes"):
            file = self.layout.folder / "hardpan.tar"
            write_image(file)
            self.cluster.load_image(file)
        with steps.step("helm install hardpan: ledger coord supervisor gateway"):
            self.give_key()
            chosen = self.layout.folder / "values.yaml"
            chosen.write_text(values(self.site.cluster, self.layout.address))
            self.helm.install("hardpan", self.namespace, chosen)
            expose(self._processes, self.layout.address, self.cluster.node_address, WAYS)
            self._read_authority()

    def stop(self) -> None:
        """See Plane; the pods go with their Kubernetes."""
        withdraw(self._processes, WAYS)

    @property
    def _processes(self) -> Processes:
        return Processes(self.layout.folder / "processes")

    def give_key(self) -> None:
        """The operator's part: the supervisor's key, in a namespace that takes restricted pods only."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": labels}}
        seed = base64.b64encode(self.site.supervisor_key.read_bytes()).decode()
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": KEY_SECRET, "namespace": self.namespace},
            "data": {"supervisor.key": seed},
        }
        self.kubectl.apply(json.dumps(space))
        self.kubectl.apply(json.dumps(secret))

    def _read_authority(self) -> None:
        found = self.kubectl.get("configmap", AUTHORITY, self.namespace) or {}
        self.certificate.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self.certificate, found["data"]["ca.crt"].encode(), 0o644)
