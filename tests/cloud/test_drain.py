"""A node of a real cloud is drained and taken back by the commands that an operator has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cloud.cloud import Cloud

pytestmark = pytest.mark.timeout(600)
SCRIPT = """
for i in 0..params.replicas {
  machine(`${params.name}-${i}`, #{ memory: params.memory, disk: "64Mi", image: params.image, spread: params.name });
}
let data = volume("keeps-data", #{ size: "32Mi" });
machine("keeps", #{
  memory: params.memory, disk: "64Mi", image: params.image, volumes: [ #{ volume: data, mount: "/data" } ],
});
"""


def hardpan(cloud: Cloud, *words: str) -> tuple[int, str]:
    """Runs a command; its exit code and all that it printed."""
    environment = os.environ | {"KUBECONFIG": str(cloud.demo.layout.kubeconfig)}
    command = [sys.executable, "-m", "cli.main", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def deployed(cloud: Cloud) -> Iterator[dict[str, str]]:
    """Where the machines of a deployment are: two without a volume, on different nodes, and one with a volume."""
    cloud.deploy("moves", 2, script=SCRIPT)
    yield homes(cloud)
    for node in cloud.nodes:
        hardpan(cloud, "node", "uncordon", node["metadata"]["name"])
    cloud.delete("moves")


def homes(cloud: Cloud) -> dict[str, str]:
    """The node of each machine."""
    return {name: each["spec"]["node"] for name, each in cloud.machines("moves").items()}


def test_a_drained_node_keeps_only_what_cannot_move(cloud: Cloud, deployed: dict[str, str]) -> None:
    drained = deployed["keeps"]
    (moving,) = (name for name, node in deployed.items() if node == drained and name != "keeps")
    code, said = hardpan(cloud, "node", "drain", drained, "--timeout", "240")
    assert code == 1, said
    assert f"  - machine demo/{moving} has left for " in said
    assert "  ! machine demo/keeps stays: its volume keeps-data is there, and volumes do not move" in said
    assert "volumes demo/keeps-data stay, for volumes do not move" in said
    cloud.eventually(lambda: cloud.is_ready("moves"), "the machine to run on the other node", 120)
    now = homes(cloud)
    assert now["keeps"] == drained
    assert now[moving] != drained
    code, said = hardpan(cloud, "node", "uncordon", drained)
    assert (code, "is uncordoned: new machines may go there" in said) == (0, True), said
