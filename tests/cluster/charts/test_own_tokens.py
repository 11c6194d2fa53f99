"""The rights suffice: with its own token each controller does all that a deployment's life asks of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.stopwatch import IMAGE
from crds.kinds import KINDS
from tests.cluster.charts.helm import Helm
from tests.cluster.charts.own_tokens import OwnTokens, own_tokens
from tests.system.requirements import need

pytestmark = pytest.mark.timeout(600)
SCRIPT = """
let data = volume("data", #{ size: "32Mi" });
let volumes = [ #{ volume: data, mount: "/data" } ];
machine("web", #{ memory: params.memory, disk: "64Mi", image: params.image, volumes: volumes });
"""
LOST = """
machine("lost", #{ memory: "64Mi", disk: "64Mi", image: params.image, node_labels: #{ disk: "tape" } });
"""


@pytest.fixture(scope="module")
def running(renderer: Helm) -> Iterator[OwnTokens]:
    """The control plane with its own tokens."""
    need("root", "redis", "netns")
    with own_tokens(renderer.program) as made:
        yield made


def test_a_deployment_comes_and_goes_and_no_right_was_lacking(running: OwnTokens) -> None:
    kubectl, namespace = running.kubectl, running.author.namespace
    running.deploy("web", SCRIPT, {"image": IMAGE, "memory": "64Mi"})
    running.deploy("web", SCRIPT, {"image": IMAGE, "memory": "96Mi"}, revision=2)
    kubectl.run("delete", "deployments.hardpan.dev", "web", "--namespace", namespace, "--timeout=60s")
    assert kubectl.list("machines.hardpan.dev,volumes.hardpan.dev", namespace) == []
    assert running.refusals() == []


def test_what_is_stuck_is_told_as_an_event_where_the_deployment_is(running: OwnTokens) -> None:
    """Events need a right outside of the installation's namespace, and one that lacks it is only a line of the log."""
    namespace = running.author.namespace
    running.apply("lost", LOST, {"image": IMAGE})

    def told() -> list[str] | None:
        found = running.kubectl.list("events", namespace)
        return [each["type"] for each in found if each["involvedObject"]["name"] == "lost"] or None

    assert "Warning" in running.demo.wait(told, "an event", running.logs)
    assert running.refusals() == []


def test_a_cleanup_has_nodes_take_everything_off_and_then_leaves_nothing(running: OwnTokens) -> None:
    running.deploy("last", SCRIPT, {"image": IMAGE, "memory": "64Mi"})
    running.demo.control_plane.install("cleanup=Everything")
    said = running.run_once("cleanup", HARDPAN_CLEANUP="Everything", HARDPAN_CLEANUP_SECONDS="60")
    assert "nothing is left" in said
    assert "cut off" not in said, "the node was there and took it off"
    assert running.kubectl.list(",".join(kind.name for kind in KINDS)) == []
