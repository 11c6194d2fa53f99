"""The demo on a Kubernetes that is there already: it works, and takes everything of its own out again."""

from __future__ import annotations

import pytest

from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.tools import ensure_tools
from cli.kubectl import Kubectl
from sal.command import SystemRunner
from tests.cloud.cloud import Cloud
from tests.cloud.leftovers import leftovers


def test_a_cluster_that_was_there_before_is_used_and_left_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, folder = SystemRunner(), tmp_path_factory.mktemp("own")
    theirs = EmbeddedKubernetes(folder / "theirs", ensure_tools(runner), durable=False)
    try:
        theirs.start()
        kubectl = Kubectl(runner, theirs.kubeconfig, theirs.kubectl)
        before = things(kubectl)
        monkeypatch.setenv("HARDPAN_KUBECONFIG", str(theirs.kubeconfig))
        cloud = Cloud(folder / "cloud", name="hpguest", subnet="fd68:7264:6775")
        try:
            cloud.up()
            cloud.deploy("web", 1)
        finally:
            cloud.down()
        assert leftovers(cloud.demo.layout) == []
        assert things(kubectl) == before
    finally:
        theirs.stop()


def things(kubectl: Kubectl) -> set[str]:
    """What a guest could leave in a cluster."""
    kinds = "customresourcedefinitions,validatingwebhookconfigurations,namespaces,clusterroles"
    return set(kubectl.run("get", kinds, "--output", "name").split())
