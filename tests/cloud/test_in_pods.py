"""The demo with its control plane in pods, as helm installs it: the whole journey, and nothing is left after it."""

from __future__ import annotations

import pytest

from cli.demo.cloud import DemoCloud, down
from cli.demo.control import NAMESPACE
from cli.demo.in_namespaces import InNamespaces
from cli.demo.layout import Layout
from cli.demo.pods.obstacles import obstacles
from cli.demo.show import up
from cli.demo.steps import Steps
from sal.command import SystemRunner
from tests.cloud.leftovers import leftovers
from tests.system.requirements import miss, need

PATIENCE_SECONDS = 300.0


def test_what_helm_installs_admits_nodes_and_runs_a_signed_deployment(tmp_path_factory: pytest.TempPathFactory) -> None:
    need("image")
    runner = SystemRunner()
    if missing := obstacles(runner):
        miss("this machine cannot run pods: " + "; ".join(missing))
    folder = tmp_path_factory.mktemp("pods") / "cloud"
    demo = DemoCloud(Layout(folder, "hppods", "fd68:7264:7070", 78), runner, durable=False, pods=True)
    demo.patience_seconds = PATIENCE_SECONDS
    try:
        up(demo, InNamespaces(demo, booted=False), Steps(demo.layout.log))
        pods = demo.kubectl.list("pods", NAMESPACE, "app.kubernetes.io/component notin (certificates)")
        assert {each["metadata"]["labels"]["app.kubernetes.io/component"] for each in pods} == {
            "ledger", "coord", "supervisor", "gateway", "admission", "redis",
        }  # fmt: skip
        assert {each["status"]["phase"] for each in pods} == {"Running"}
    finally:
        down(demo)
    assert leftovers(demo.layout) == []
