"""A cluster of its own, into which both charts are installed by helm; nothing runs pods in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.tools import COREDNS, ETCD, HELM, KUBE, Tools
from cli.kubectl import Kubectl
from sal.command import SystemRunner
from tests.cluster.charts.account import Accounts
from tests.cluster.charts.helm import BASIC, Helm
from tests.system.requirements import miss


@pytest.fixture(scope="session")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm without a cluster."""
    if not HELM.target.exists():
        miss("helm is not built: run `make setup-pods`")
    return Helm(HELM.target, tmp_path_factory.mktemp("renderer"))


@pytest.fixture(scope="session")
def tools() -> Tools:
    """What a cluster without pods is made of."""
    made = Tools(KUBE.target, ETCD.target, HELM.target, COREDNS.target)
    if not made.kube.exists() or not made.etcd.exists():
        miss("the embedded Kubernetes is not built: run `make setup`")
    return made


@pytest.fixture(scope="session")
def empty(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKubernetes]:
    """A cluster that knows nothing of us."""
    cluster = EmbeddedKubernetes(tmp_path_factory.mktemp("charts"), tools, durable=False)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def helm(renderer: Helm, empty: EmbeddedKubernetes, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Helm of the empty cluster."""
    return Helm(renderer.program, tmp_path_factory.mktemp("helm"), empty.kubeconfig)


@pytest.fixture(scope="session")
def installed(helm: Helm) -> str:
    """Both charts are installed; the notes of the second."""
    helm.install("hardpan-crds")
    return helm.install("hardpan", *BASIC)


@pytest.fixture(scope="session")
def cluster(installed: str, tools: Tools, empty: EmbeddedKubernetes) -> Kubectl:
    """The administrator's kubectl of the cluster with both charts."""
    return Kubectl(SystemRunner(), empty.kubeconfig, (str(tools.kube), "kubectl"))


@pytest.fixture(scope="session")
def accounts(cluster: Kubectl, empty: EmbeddedKubernetes) -> Iterator[Accounts]:
    """Service accounts with their own tokens."""
    made = Accounts(cluster, empty.kubeconfig)
    yield made
    made.close()
