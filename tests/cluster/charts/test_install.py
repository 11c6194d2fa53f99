"""The charts are installed, refused, upgraded and uninstalled on a real API server."""

from __future__ import annotations

import time

import pytest

from cli.demo.kubernetes import EmbeddedKubernetes
from cli.kubectl import Kubectl
from tests.cluster.charts.helm import BASIC, CHARTS, NAMESPACE, Helm, HelmRefused

PARTS = ("ledger", "coord", "supervisor", "gateway", "admission")


def test_without_the_kinds_it_is_refused_with_the_command_that_brings_them(
    helm: Helm, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(HelmRefused, match="the kinds of Hardpan are not installed: run `helm install hardpan-crds"):
        helm.install("hardpan", *BASIC, namespace="too-early")
    request.getfixturevalue("installed")


def test_the_notes_say_the_next_commands(installed: str) -> None:
    for words in (
        "kubectl create secret generic hardpan-supervisor-key --namespace hardpan-system --from-file=supervisor.key",
        "kubectl apply --server-side -f records/ -f trust.yaml",
        "kubectl hardpan doctor",
        "https://cp.example:8443 and the queue at rediss://cp.example:6380",
        "nodes need gateway.service.type NodePort or LoadBalancer",
        "`helm uninstall` leaves",
    ):
        assert words in installed


def test_a_second_namespace_is_refused_in_plain_words(helm: Helm, installed: str) -> None:
    with pytest.raises(HelmRefused, match="this cluster has a Hardpan already, in namespace hardpan-system"):
        helm.install("hardpan", *BASIC, release="second", namespace="elsewhere")


def test_older_kinds_are_refused_with_the_command_that_upgrades_them(helm: Helm, cluster: Kubectl) -> None:
    kind = "customresourcedefinition/deployments.hardpan.dev"
    cluster.run("annotate", kind, "hardpan.dev/version=0.0.9", "--overwrite")
    try:
        with pytest.raises(HelmRefused, match=r"the kinds are of version 0\.0\.9, this chart needs .*helm upgrade"):
            helm.install("hardpan", *BASIC)
    finally:
        cluster.run("annotate", kind, "hardpan.dev/version=0.1.0", "--overwrite")


def test_pods_are_taken_where_pod_security_is_restricted(cluster: Kubectl) -> None:
    labels = ("pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/enforce-version=latest")
    cluster.run("label", "namespace", NAMESPACE, "--overwrite", *labels)
    cluster.run("delete", "pods", "--all", "--namespace", NAMESPACE, "--force", "--grace-period=0")
    wanted = {*PARTS, "redis", "certificates"}
    deadline = time.monotonic() + 40
    while _components(cluster) != wanted:
        assert time.monotonic() < deadline, (_components(cluster), _refusals(cluster))
        time.sleep(0.2)
    assert _refusals(cluster) == []


def test_the_webhook_asks_about_nothing_that_the_chart_makes(helm: Helm, cluster: Kubectl) -> None:
    """Nobody listens behind the webhook here, and an upgrade goes through all the same."""
    held = cluster.get("validatingwebhookconfiguration", "hardpan")
    assert held is not None
    [hook] = held["webhooks"]
    assert (hook["failurePolicy"], hook["rules"][0]["resources"]) == ("Fail", ["deployments"])
    assert "Hardpan" in helm.install("hardpan", *BASIC, "ledger.replicas=1")
    assert _replicas(cluster, "ledger") == 1
    helm.run("rollback", "hardpan", "--namespace", NAMESPACE)
    assert _replicas(cluster, "ledger") == 2


def test_the_notes_say_where_nodes_come_in(helm: Helm) -> None:
    types = ("gateway.service.type=NodePort", "redis.bundled.service.type=NodePort")
    chosen = (*types, "gateway.service.nodePort=30443", "redis.bundled.service.nodePort=30637")
    said = helm.install("hardpan", BASIC[0], "gateway.externalNames={fd00::1}", *chosen)
    assert "https://[fd00::1]:30443 and the queue at rediss://[fd00::1]:30637." in said
    helm.install("hardpan", *BASIC)


def test_what_others_put_into_the_webhook_survives_an_upgrade(helm: Helm, cluster: Kubectl) -> None:
    """The certificates' program puts the authority there; helm must not take it out."""
    bundle = "aGFyZHBhbg=="
    patch = f'[{{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"{bundle}"}}]'
    cluster.run("patch", "validatingwebhookconfiguration", "hardpan", "--type=json", "--patch", patch)
    helm.install("hardpan", *BASIC, "log.level=DEBUG")
    held = cluster.get("validatingwebhookconfiguration", "hardpan")
    assert held is not None
    assert held["webhooks"][0]["clientConfig"]["caBundle"] == bundle


def test_kinds_and_objects_stay_when_the_chart_of_the_kinds_is_uninstalled(
    helm: Helm, installed: str, cluster: Kubectl
) -> None:
    before = cluster.list("customresourcedefinitions")
    said = helm.run("uninstall", "hardpan-crds", "--namespace", NAMESPACE)
    assert "kept due to the resource policy" in said
    assert "deployments.hardpan.dev" in said
    assert len(cluster.list("customresourcedefinitions")) == len(before)
    helm.install("hardpan-crds")


def test_kinds_that_kubectl_applied_are_taken_over(helm: Helm, empty: EmbeddedKubernetes, cluster: Kubectl) -> None:
    helm.run("uninstall", "hardpan-crds", "--namespace", NAMESPACE)
    for word in ("meta.helm.sh/release-name-", "meta.helm.sh/release-namespace-"):
        cluster.run("annotate", "customresourcedefinitions", "--all", word)
    with pytest.raises(HelmRefused, match="invalid ownership metadata"):
        helm.install("hardpan-crds")
    words = ("upgrade", "--install", "hardpan-crds", str(CHARTS / "hardpan-crds"), "--namespace", NAMESPACE)
    helm.run(*words, "--take-ownership")


def _components(cluster: Kubectl) -> set[str]:
    found = cluster.list("pods", NAMESPACE)
    return {each["metadata"]["labels"]["app.kubernetes.io/component"] for each in found}


def _refusals(cluster: Kubectl) -> list[str]:
    return [each["message"] for each in cluster.list("events", NAMESPACE) if each["reason"] == "FailedCreate"]


def _replicas(cluster: Kubectl, part: str) -> int:
    held = cluster.get("deployment", f"hardpan-{part}", NAMESPACE)
    assert held is not None
    return int(held["spec"]["replicas"])
