"""An installation by helm with what people change first: all that it needs besides the charts, an operator brings."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bench.cloud import IMAGE_DIGEST, TOKEN, BenchCloud
from cli.demo.medium import MediumContent
from cli.demo.people import TENANT
from cli.demo.pki import Authority
from cli.demo.pods.cluster import PodsKubernetes
from cli.demo.pods.controllers import write_image
from tests.cloud.brought import QUEUE, Brought, Secrets, manifest
from tests.cloud.own_redis import OwnRedis
from tests.cloud.seen import Seen
from tests.cluster.charts.helm import CHARTS, Helm

NAMESPACE, RELEASE = "control", "site"
GATEWAY_PORT, REPORT_SECONDS, PATIENCE_SECONDS = 31443, 2, 240.0
PARTS = ("ledger", "coord", "supervisor", "gateway", "admission")
SCRIPT = 'machine("m-0", #{ memory: params.memory, disk: "64Mi", image: params.image });'


class Installation:
    """One Kubernetes with pods, what the operator made, and one release."""

    def __init__(self, folder: Path) -> None:
        self.cloud = BenchCloud(folder / "c", "hpowned", "fd68:7264:06e5", 79, pods=True)
        self.kubectl = self.cloud.demo.kubectl
        cluster = self.cloud.demo.kubernetes
        assert isinstance(cluster, PodsKubernetes)
        self.cluster = cluster
        self.cloud.demo.patience_seconds = PATIENCE_SECONDS
        layout = self.cloud.demo.layout
        self.seen = Seen(self.cloud.demo, NAMESPACE)
        self.helm = Helm(cluster.helm, layout.folder / "helm", layout.kubeconfig)
        self.corporate = Authority(layout.pki, "corporate")
        self.site = Authority(layout.pki, "own-site")
        self.redis = OwnRedis(layout.redis, str(layout.pods.host.ip), self.site.pair.certificate)

    @property
    def node(self) -> str:
        """The Kubernetes node."""
        return self.cloud.demo.layout.pods.name

    @property
    def gateway(self) -> str:
        """As nodes reach it: by a port of the Kubernetes node."""
        return f"https://{self.cluster.node_address}:{GATEWAY_PORT}"

    def prepare(self) -> None:
        """All that is there before the charts are installed."""
        demo = self.cloud.demo
        self.cluster.start()
        shutil.copy(self.cluster.kubeconfig, demo.layout.kubeconfig)
        self.helm.install("hardpan-crds", namespace=NAMESPACE)
        self.kubectl.run("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
        self.kubectl.run("create", "namespace", TENANT)
        demo.make_site()
        self.cloud.admit(1)
        image = demo.layout.folder / "hardpan.tar"
        write_image(image)
        self.cluster.load_image(image)
        self.redis.start()
        for name, data in self.brought().items():
            self.kubectl.apply(manifest(name, NAMESPACE, data))

    def brought(self) -> Secrets:
        """The operator's own Secrets."""
        made = Brought(self.corporate, self.site, self.redis.authority, self.cloud.demo.site.supervisor_key)
        return made.secrets(str(self.cluster.node_address))

    def values(self, replicas: int, **more: object) -> dict[str, Any]:
        """What is changed."""
        chosen: dict[str, dict[str, Any]] = {part: {"replicas": replicas} for part in PARTS}
        chosen["ledger"] |= {"reportInterval": REPORT_SECONDS}
        chosen["gateway"] |= {
            "externalNames": [str(self.cluster.node_address)],
            "service": {"type": "NodePort", "nodePort": GATEWAY_PORT},
        }
        redis = {"bundled": {"enabled": False}, "external": {"url": self.redis.url, "secret": QUEUE}}
        image = {"pullPolicy": "Never"}
        site = {"cluster": self.cloud.demo.site.cluster, "queueUrl": self.redis.url}
        return {**site, "image": image, **chosen, "redis": redis, **more}

    def install(self, replicas: int, **more: object) -> str:
        """The release, all pods Ready; its notes."""
        file = self.cloud.demo.layout.folder / "values.yaml"
        file.write_text(yaml.safe_dump(self.values(replicas, **more)))
        ready = ("--wait", "--timeout", "100s")
        place = ("--namespace", NAMESPACE, "--values", str(file))
        return self.helm.run("upgrade", "--install", RELEASE, str(CHARTS / "hardpan"), *place, *ready)

    def uninstall(self) -> str:
        """What helm says. Raises HelmRefused with its words."""
        return self.helm.run("uninstall", RELEASE, "--namespace", NAMESPACE, "--timeout", "100s")

    def join(self) -> None:
        """A node whose medium pins the authority of the operator's gateway."""
        content = MediumContent(self.gateway, self.corporate.pair.certificate, TOKEN)
        self.cloud.join(1, content, REPORT_SECONDS)

    def deploy(self, revision: int) -> None:
        """One machine, of another size in each revision, until it is Ready."""
        image = f"https://images.example/none.raw#sha256={IMAGE_DIGEST}"
        params = {"memory": f"{64 + revision}Mi", "image": image}
        made = self.cloud.author.manifest("one", SCRIPT, params, datetime.now(UTC), revision)
        self.kubectl.apply(json.dumps(made))
        self.cloud.demo.await_ready("one")

    def down(self) -> None:
        """Nothing is left."""
        self.cloud.stop_nodes()
        self.redis.stop()
        self.cloud.down()
