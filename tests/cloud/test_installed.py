"""The charts, installed in real pods with what people change first: an own Redis, own certificates, a NodePort, another
namespace, one pod of each. Then drained, and uninstalled in each of the three ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cli.demo.pods.obstacles import obstacles
from cli.errors import CliError
from sal.command import SystemRunner
from tests.cloud.asking import Asking
from tests.cloud.installed import NAMESPACE, PARTS, RELEASE, Installation
from tests.cloud.leftovers import leftovers
from tests.cluster.charts.helm import HelmRefused
from tests.system.requirements import miss, need

pytestmark = pytest.mark.timeout(300)
BROUGHT = {"hardpan-supervisor-key", "hardpan-site-ca", "hardpan-gateway-tls", "queue"}
DRAINED = ("--delete-emptydir-data", "--pod-selector")
ALL, INNER = "app.kubernetes.io/part-of=hardpan", "app.kubernetes.io/component in (ledger, coord, supervisor)"
LONGEST_SILENCE_SECONDS = 10.0


@pytest.fixture(autouse=True)
def _clean() -> None:
    """These tests have a cloud of their own."""


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """A Kubernetes with pods, before anything is installed but the kinds."""
    need("image", "redis", "ssh-keygen")
    if missing := obstacles(SystemRunner()):
        miss("this machine cannot run pods: " + "; ".join(missing))
    # Nodes have sockets in there, whose paths must be short.
    with TemporaryDirectory(prefix="hardpan-") as folder:
        made = Installation(Path(folder))
        try:
            made.prepare()
            yield made
        finally:
            made.down()
    assert leftovers(made.cloud.demo.layout) == []


def test_every_pod_is_ready_with_what_the_operator_brings(installation: Installation) -> None:
    assert "`helm uninstall` leaves" in installation.install(replicas=1)
    assert installation.seen.components() == dict.fromkeys(PARTS, 1)
    for name, data in installation.brought().items():
        assert installation.seen.data(name) == data
    # It fails where one of them is not sound.
    job = ("job/hardpan-certificates-1", "--namespace", NAMESPACE, "--timeout=60s")
    installation.kubectl.run("wait", "--for=condition=Complete", *job)


def test_a_node_comes_by_the_operators_own_authority_and_runs_what_a_user_signed(installation: Installation) -> None:
    installation.join()
    installation.deploy(1)
    assert installation.seen.effects().count("machine.start") == 1


def test_helm_test_believes_the_operators_own_authorities_and_no_other(installation: Installation) -> None:
    said = installation.helm.test(RELEASE, NAMESPACE)
    assert "✓ gateway: a machine with fresh keys is challenged by the ledger" in said
    assert "✓ queue: refuses who has no certificate of the site" in said
    assert "✗" not in said


def test_one_pod_of_each_does_not_hold_up_a_drain_and_machines_run_on(
    installation: Installation,
) -> None:
    installation.kubectl.run("drain", installation.node, "--timeout=40s", *DRAINED, INNER)
    assert set(installation.seen.components()) == {"gateway", "admission"}
    assert installation.seen.effects() == ["machine.start"]
    installation.kubectl.run("uncordon", installation.node)


def test_uninstalling_leaves_objects_secrets_and_machines(installation: Installation) -> None:
    before = installation.seen.objects()
    installation.uninstall()
    assert installation.seen.components() == {}
    assert installation.seen.objects() == before
    assert installation.seen.secrets() >= BROUGHT | {"hardpan-ledger-tls", "hardpan-supervisor-tls"}
    assert installation.seen.effects() == ["machine.start"]
    # Whoever held one could not let go of it without its rights, so that the next one would wait.
    installation.kubectl.run("delete", "leases", "--all", "--namespace", NAMESPACE)


def test_drained_nodes_keep_one_pod_of_each_and_the_service_goes_on(installation: Installation) -> None:
    installation.install(replicas=2, cleanup="Workloads", cleanupSeconds=3)
    assert installation.seen.components() == dict.fromkeys(PARTS, 2)
    installation.deploy(2)
    with Asking(installation.gateway, installation.corporate.pair.certificate) as asking:
        with pytest.raises(CliError, match="disruption budget"):
            installation.kubectl.run("drain", installation.node, "--timeout=4s", *DRAINED, ALL)
        assert set(installation.seen.components()) == set(PARTS)
        installation.deploy(3)
        installation.kubectl.run("uncordon", installation.node)
    assert asking.silence_seconds < LONGEST_SILENCE_SECONDS, asking.words
    print(f"without an answer for {asking.silence_seconds:.1f} s at most")


def test_a_node_that_does_not_answer_stops_the_uninstallation(installation: Installation) -> None:
    installation.cloud.stop_nodes()
    with pytest.raises(HelmRefused, match="job hardpan-cleanup failed"):
        installation.uninstall()
    assert "bring the nodes back" in installation.kubectl.run("logs", "job/hardpan-cleanup", "-n", NAMESPACE)
    assert set(installation.seen.components()) == set(PARTS)
    assert "Machine/m-0" in installation.seen.objects()


def test_with_its_node_back_workloads_go_and_records_stay(installation: Installation) -> None:
    installation.cloud.start_nodes()
    installation.seen.await_gone("Deployment/one")
    assert installation.seen.effects()[-1] == "machine.remove"
    assert {"Node", "Trust", "User", "Supervisor"} <= {each.partition("/")[0] for each in installation.seen.objects()}


def test_everything_goes_though_a_node_does_not_answer_but_what_somebody_else_made(installation: Installation) -> None:
    with pytest.raises(HelmRefused, match="has no deployed releases"):
        installation.install(replicas=2, cleanup="Everything", cleanupSeconds=2)
    installation.helm.run("rollback", RELEASE, "1", "--namespace", NAMESPACE)
    installation.install(replicas=2, cleanup="Everything", cleanupSeconds=2)
    installation.deploy(4)
    installation.cloud.stop_nodes()
    installation.uninstall()
    assert installation.seen.objects() == []
    assert installation.seen.secrets() == BROUGHT
    assert installation.kubectl.get("configmap", "hardpan-site-ca", NAMESPACE) is None
