"""One real API server with our kinds for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.demo.control import CRDS
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.tools import Tools, ensure_tools
from cli.kubectl import Kubectl
from sal.command import Command, Output, SystemRunner
from tests.cluster.api import Api
from tests.system.requirements import miss


class NoBuild:
    """A build takes minutes: tests use what `make setup` built."""

    def run(self, command: Command) -> Output:
        """Skips, or fails in CI."""
        miss("the embedded Kubernetes is not built: run `make setup`")


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The programs of the embedded Kubernetes."""
    return ensure_tools(NoBuild())


@pytest.fixture(scope="session")
def kubernetes(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKubernetes]:
    """A cluster that is up and serves our kinds."""
    cluster = EmbeddedKubernetes(tmp_path_factory.mktemp("kubernetes"), tools, durable=False)
    try:
        cluster.start()
        kubectl = _kubectl(tools, cluster)
        for file in sorted(CRDS.glob("*.yaml")):
            kubectl.apply(file.read_text())
        kubectl.run("wait", "--for=condition=Established", "customresourcedefinitions", "--all", "--timeout=30s")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def kubectl(tools: Tools, kubernetes: EmbeddedKubernetes) -> Kubectl:
    """The embedded kubectl, whatever the machine has besides."""
    return _kubectl(tools, kubernetes)


def _kubectl(tools: Tools, cluster: EmbeddedKubernetes) -> Kubectl:
    return Kubectl(SystemRunner(), cluster.kubeconfig, (str(tools.kube), "kubectl"))


@pytest.fixture(scope="session")
def api(kubernetes: EmbeddedKubernetes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API server as plain HTTP."""
    api = Api(kubernetes.kubeconfig, tmp_path_factory.mktemp("api"))
    yield api
    api.close()
