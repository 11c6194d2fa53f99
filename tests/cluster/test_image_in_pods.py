"""The controllers' image in real pods of the strictest kind: each role starts, and what it runs besides works there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cli.demo.pods.cluster import PodsKubernetes
from cli.demo.pods.layout import PodsLayout
from cli.demo.pods.obstacles import obstacles
from cli.demo.tools import Tools
from cli.kubectl import Kubectl
from controllers.__main__ import ROLES
from sal.command import SystemRunner
from tests.cluster.test_pods import wait
from tests.system.control_plane_image import EVALUATE, build
from tests.system.requirements import miss

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
NAME, NUMBER = "hpimage", 78
NAMESPACE = "roles"
# Its name where nobody chose another.
IMAGE = "hardpan.example/hardpan:0.1.0"
OTHERS = {
    "redis": ["redis-server", "--version"],
    "evaluator": ["python3", "-c", EVALUATE],
}


@pytest.fixture(scope="module")
def kubectl(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """A cluster whose node has the image, and a namespace that takes restricted pods only."""
    runner = SystemRunner()
    if missing := obstacles(runner):
        miss("this machine cannot run pods: " + "; ".join(missing))
    file = build(tmp_path_factory.mktemp("image") / "hardpan.tar")
    cluster = PodsKubernetes(PodsLayout(tmp_path_factory.mktemp("pods"), NAME, NUMBER), runner, tools, durable=False)
    try:
        cluster.start()
        cluster.load_image(file)
        made = Kubectl(runner, cluster.kubeconfig, cluster.kubectl)
        strict = {"pod-security.kubernetes.io/enforce": "restricted"}
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": strict}}
        made.apply(json.dumps(space))
        wait(lambda: made.get("serviceaccount", "default", NAMESPACE), "the default service account")
        yield made
    finally:
        cluster.stop()


def pod(name: str, run: dict[str, Any]) -> dict[str, Any]:
    """A restricted pod that runs once, with nothing to write to."""
    container = {
        "name": "one",
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **run,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"containers": [container], "restartPolicy": "Never", "automountServiceAccountToken": False},
    }


def finished(kubectl: Kubectl, name: str) -> tuple[int, str]:
    """Exit code and log of a pod, once it ended."""

    def ended() -> Any:
        found = kubectl.get("pod", name, NAMESPACE) or {}
        [status] = found.get("status", {}).get("containerStatuses") or [{}]
        return status.get("state", {}).get("terminated")

    code = wait(ended, f"the end of pod {name}")["exitCode"]
    return code, kubectl.run("logs", name, "-n", NAMESPACE)


def test_each_role_says_in_one_line_what_is_wrong(kubectl: Kubectl) -> None:
    for role in ROLES:
        kubectl.apply(json.dumps(pod(role, {"args": [role], "env": [{"name": "HARDPAN_MONITOR", "value": "nowhere"}]})))
    for role in ROLES:
        code, said = finished(kubectl, role)
        assert (code, said.count("\n")) == (1, 1), said
        assert said.startswith(f"{role} does not start: HARDPAN_")


def test_redis_and_the_evaluators_child_run_there(kubectl: Kubectl) -> None:
    for name, command in OTHERS.items():
        kubectl.apply(json.dumps(pod(name, {"command": command})))
    assert finished(kubectl, "redis")[1].startswith("Redis server v=7.")
    code, said = finished(kubectl, "evaluator")
    assert code == 0, said
    assert '"web"' in said
