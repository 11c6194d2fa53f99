"""`helm test` of an installation in pods, with what its operator brings for it: a join token and a user's key."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from cli import site as sites
from cli.demo.cloud import DemoCloud
from cli.demo.control import NAMESPACE
from cli.demo.people import TENANT
from cli.demo.pods.plane import PodPlane
from cli.demo.pods.values import values
from tests.cluster.charts.helm import CHARTS, Helm, HelmRefused
from trust.part import format_time

TOKEN, SECRET, POD = "helm-test", "hardpan-test", "hardpan-test"


class HelmTest:
    """Runs the test of the demo's release again and again."""

    def __init__(self, demo: DemoCloud, folder: Path) -> None:
        plane = demo.plane
        assert isinstance(plane, PodPlane)
        self._demo, self._kubectl = demo, demo.kubectl
        self._helm = Helm(plane.helm.program, folder / "helm-test", demo.layout.kubeconfig)
        self._values = folder / "helm-test.yaml"

    def invite(self) -> None:
        """The operator's part, as docs/helm.md has it."""
        expires = format_time(datetime.now(UTC) + timedelta(days=1))
        fields = {"count": 1, "expires": expires, "site": "default", "region": "demo", "labels": {TOKEN: "yes"}}
        sites.new_token(self._demo.site, TOKEN, fields)
        self._demo.renew()
        files = {"seed": self._demo.site.token_file(TOKEN), "key": self._demo.layout.keys / "demo"}
        data = {name: base64.b64encode(file.read_bytes()).decode() for name, file in files.items()}
        metadata = {"name": SECRET, "namespace": NAMESPACE}
        self._kubectl.apply(json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}))
        chosen = yaml.safe_load(values(self._demo.site.cluster, self._demo.layout.address))
        chosen["test"] = {"secret": SECRET, "token": TOKEN, "tenant": TENANT}
        self._values.write_text(yaml.safe_dump(chosen))
        words = ("--namespace", NAMESPACE, "--values", str(self._values))
        self._helm.run("upgrade", "hardpan", str(CHARTS / "hardpan"), *words)

    def run(self) -> str:
        """What its pod said, when it passed. Raises HelmRefused with the same when it did not."""
        return self._helm.test("hardpan", NAMESPACE)

    def failed(self) -> str:
        """The log of its pod, which stays when the test does not pass."""
        with pytest.raises(HelmRefused):
            self.run()
        return self._kubectl.run("logs", POD, "--namespace", NAMESPACE)

    def scale(self, what: str, replicas: int) -> None:
        """So many pods of a part, once that is so."""
        self._kubectl.run("scale", what, f"--replicas={replicas}", "--namespace", NAMESPACE)

        def done() -> bool | None:
            status = json.loads(self._kubectl.run("get", what, "--namespace", NAMESPACE, "--output=json"))["status"]
            return (status.get("replicas", 0), status.get("readyReplicas", 0)) == (replicas, replicas) or None

        self._demo.wait(done, f"{replicas} pods of {what}", lambda: "there are others")

    def left(self) -> list[str]:
        """What of the test is in the cluster: objects of its own, nodes that it brought, its deployment."""
        kinds = "pods,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,deployments.hardpan.dev"
        found = [each["metadata"]["name"] for each in self._kubectl.list(kinds)]
        nodes = [each for each in self._kubectl.list("nodes.hardpan.dev") if each["spec"].get("token") == TOKEN]
        return [name for name in found if name.startswith((POD, TOKEN))] + [
            str(each["metadata"]["name"]) for each in nodes
        ]
