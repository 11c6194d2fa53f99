"""The embedded Kubernetes runs real pods, which reach its API and are reached from this machine, and goes whole."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.demo.pods import cgroups, images
from cli.demo.pods.cluster import PodsKubernetes
from cli.demo.pods.layout import PodsLayout
from cli.demo.pods.obstacles import obstacles
from cli.demo.tools import Tools
from cli.kubectl import Kubectl
from sal.command import SystemRunner
from tests.system.requirements import miss

NAME, NUMBER = "hptest", 77
IMAGE = "hardpan.example/small:1"
NODE_PORT = 30080
PATIENCE_SECONDS = 60.0
SERVE = "echo up; mkdir /tmp/www; echo served > /tmp/www/index.html; exec busybox httpd -f -p 8080 -h /tmp/www"
ASK = (
    "busybox nc -w 5 kubernetes.default.svc 443 < /dev/null && "
    "exec busybox cat /var/run/secrets/kubernetes.io/serviceaccount/token"
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> PodsLayout:
    return PodsLayout(tmp_path_factory.mktemp("pods"), NAME, NUMBER)


@pytest.fixture(scope="module")
def pods(tools: Tools, layout: PodsLayout) -> Iterator[PodsKubernetes]:
    """A cluster with a node that is Ready and has the small image."""
    runner = SystemRunner()
    if missing := obstacles(runner):
        miss("this machine cannot run pods: " + "; ".join(missing))
    if not tools.coredns.exists():
        miss("pods need a DNS, which is not built: run `make setup-pods`")
    cluster = PodsKubernetes(layout, runner, tools, durable=False)
    try:
        cluster.start()
        tar = layout.folder / "small.tar"
        images.write_busybox(tar, IMAGE)
        cluster.load_image(tar)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def kubectl(pods: PodsKubernetes) -> Kubectl:
    kubectl = Kubectl(SystemRunner(), pods.kubeconfig, pods.kubectl)
    wait(lambda: kubectl.get("serviceaccount", "default", "default"), "the default service account")
    return kubectl


def wait(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


def pod(name: str, script: str) -> dict[str, Any]:
    container = {
        "name": "small",
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "args": ["sh", "-c", script],
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {"containers": [container], "volumes": [{"name": "tmp", "emptyDir": {}}], "restartPolicy": "Never"},
    }


@pytest.fixture(scope="module")
def server(kubectl: Kubectl) -> str:
    """A pod that serves a word, behind a NodePort."""
    port = {"port": 80, "targetPort": 8080, "nodePort": NODE_PORT}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "server", "namespace": "default"},
        "spec": {"type": "NodePort", "selector": {"app": "server"}, "ports": [port]},
    }
    kubectl.apply(json.dumps(pod("server", SERVE)))
    kubectl.apply(json.dumps(service))
    kubectl.run("wait", "--for=condition=Ready", "pod/server", "--timeout=60s")
    return "server"


def test_a_restricted_pod_becomes_ready_and_its_log_is_read(kubectl: Kubectl, server: str) -> None:
    assert kubectl.run("logs", server) == "up\n"


def test_a_command_is_run_in_a_pod(kubectl: Kubectl, server: str) -> None:
    assert kubectl.run("exec", server, "--", "busybox", "cat", "/tmp/www/index.html") == "served\n"


def test_a_pod_is_reached_from_this_machine_at_the_nodes_address(pods: PodsKubernetes, server: str) -> None:
    def answer() -> bytes:
        try:
            with urllib.request.urlopen(f"http://{pods.node_address}:{NODE_PORT}/", timeout=2) as opened:
                return bytes(opened.read())
        except OSError:
            return b""

    assert wait(answer, "the NodePort") == b"served\n"


def test_a_pod_finds_the_api_by_name_and_can_say_who_it_is(kubectl: Kubectl) -> None:
    kubectl.apply(json.dumps(pod("asker", ASK)))
    kubectl.run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/asker", "--timeout=60s")
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "metadata": {"name": "asker"},
        "spec": {"token": kubectl.run("logs", "asker").strip()},
    }
    answer = json.loads(kubectl.run("create", "--output", "json", "--filename", "-", text=json.dumps(review)))
    assert answer["status"]["user"]["username"] == "system:serviceaccount:default:default"


def test_the_api_server_reaches_pods_by_their_service(kubectl: Kubectl, server: str) -> None:
    found = kubectl.run("get", "--raw", "/api/v1/namespaces/default/services/server:80/proxy/")
    assert found == "served\n"


def test_nothing_is_left_of_it(pods: PodsKubernetes, layout: PodsLayout, server: str) -> None:
    assert "containerd-shim" in processes(layout)
    pods.stop()
    assert processes(layout) == ""
    assert layout.cable not in run("ip", "link", "show")
    assert str(layout.services) not in run("ip", "route", "show")
    assert str(layout.folder) not in Path("/proc/self/mountinfo").read_text()
    assert not [group for group in cgroups.ROOT.rglob(layout.cgroup) if group.is_dir()]


def run(*words: str) -> str:
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout


def processes(layout: PodsLayout) -> str:
    """Whatever has the cluster's folder or containerd's state in its words."""
    lines = run("ps", "-eo", "args").splitlines()
    return "\n".join(line for line in lines if str(layout.folder) in line or "k8s.io -id" in line)
