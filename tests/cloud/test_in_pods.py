"""The demo with its control plane in pods, as helm installs it: the whole journey, helm test, and nothing is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.demo.cloud import DemoCloud, down
from cli.demo.control import NAMESPACE
from cli.demo.in_namespaces import InNamespaces
from cli.demo.layout import Layout
from cli.demo.pods.obstacles import obstacles
from cli.demo.show import up
from cli.demo.steps import Steps
from sal.command import SystemRunner
from tests.cloud.helm_test import HelmTest
from tests.cloud.leftovers import leftovers
from tests.system.requirements import miss, need

pytestmark = pytest.mark.timeout(600)
PATIENCE_SECONDS = 300.0
OLDER = ("hardpan.dev/version=0.0.9", "hardpan.dev/schemas=less")


@pytest.fixture(autouse=True)
def _clean() -> None:
    """These tests have a cloud of their own."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoCloud]:
    """The demo, after its whole journey."""
    need("image")
    runner = SystemRunner()
    if missing := obstacles(runner):
        miss("this machine cannot run pods: " + "; ".join(missing))
    folder = tmp_path_factory.mktemp("pods") / "cloud"
    made = DemoCloud(Layout(folder, "hppods", "fd68:7264:7070", 78), runner, durable=False, pods=True)
    made.patience_seconds = PATIENCE_SECONDS
    try:
        up(made, InNamespaces(made, booted=False), Steps(made.layout.log))
        yield made
    finally:
        down(made)
    assert leftovers(made.layout) == []


@pytest.fixture(scope="module")
def helm_test(demo: DemoCloud, tmp_path_factory: pytest.TempPathFactory) -> HelmTest:
    """The test of its release."""
    return HelmTest(demo, tmp_path_factory.mktemp("helm"))


def test_what_helm_installs_admits_nodes_and_runs_a_signed_deployment(demo: DemoCloud) -> None:
    pods = demo.kubectl.list("pods", NAMESPACE, "app.kubernetes.io/component notin (certificates)")
    assert {each["metadata"]["labels"]["app.kubernetes.io/component"] for each in pods} == {
        "ledger", "coord", "supervisor", "gateway", "admission", "redis",
    }  # fmt: skip
    assert {each["status"]["phase"] for each in pods} == {"Running"}


def test_helm_test_walks_the_way_of_a_machine_without_anybodys_key(helm_test: HelmTest) -> None:
    said = helm_test.run()
    assert "✓ kinds: 12 kinds" in said
    assert "✓ admission: asked, and refuses what nobody signed" in said
    assert "✓ gateway: a machine with fresh keys is challenged by the ledger" in said
    assert "✓ queue: refuses who has no certificate of the site" in said
    assert "– node and deployment: no join token and no user's key were brought" in said
    assert "✗" not in said
    assert helm_test.left() == []


def test_with_a_token_and_a_users_key_a_node_and_a_deployment_come_and_go(demo: DemoCloud, helm_test: HelmTest) -> None:
    helm_test.invite()
    before = {each["metadata"]["name"] for each in demo.kubectl.list("nodes.hardpan.dev")}
    said = helm_test.run()
    assert "which is simulated, registered and was approved by token helm-test" in said
    assert "✓ node and deployment: deployment demo/helm-test, signed by its user, was Ready after" in said
    assert "✓ node and deployment: the deployment and the node are gone again" in said
    assert helm_test.left() == []
    assert {each["metadata"]["name"] for each in demo.kubectl.list("nodes.hardpan.dev")} == before


def test_what_is_broken_is_named_in_the_log_of_its_pod_with_the_remedy(demo: DemoCloud, helm_test: HelmTest) -> None:
    kind = "customresourcedefinition/jobs.hardpan.dev"
    helm_test.scale("statefulset/hardpan-redis", 0)
    demo.kubectl.run("annotate", kind, "--overwrite", *OLDER)
    try:
        said = helm_test.failed().splitlines()
    finally:
        helm_test.scale("statefulset/hardpan-redis", 1)
        demo.plane.install_kinds()
    wrong = [line for line in said if line.startswith("✗")]
    assert [line.partition(":")[0] for line in wrong] == ["✗ kinds", "✗ queue"], said
    assert "CRD jobs.hardpan.dev is of version 0.0.9, this program needs" in wrong[0]
    assert "→ helm upgrade hardpan-crds charts/hardpan-crds" in wrong[0]
    assert "rediss://hardpan-redis.hardpan-system.svc:6380 does not answer" in wrong[1]
    assert "→ kubectl -n hardpan-system get pods -l app.kubernetes.io/component=redis" in wrong[1]
