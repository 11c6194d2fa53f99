"""The whole way: firmware starts the image, the machine becomes a node, and a signed deployment runs on it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.demo.boot import boot
from cli.demo.booted import BootedMachines
from cli.demo.cloud import condition
from cli.demo.processes import Processes
from cli.demo.steps import Steps
from tests.cloud.cloud import Cloud
from tests.system.requirements import need

pytestmark = [pytest.mark.boot_slow, pytest.mark.timeout(900)]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A control plane without nodes."""
    need("root", "redis", "qemu", "ssh-keygen")
    with tempfile.TemporaryDirectory(prefix="hpb-") as folder:
        made = Cloud(Path(folder), name="hpboot", subnet="fd68:7264:b007")
        try:
            made.demo.start_kubernetes()
            made.demo.make_site()
            made.digest = made.demo.build_guest()
            made.demo.network.ensure()
            made.demo.control_plane.start_redis()
            made.demo.control_plane.start_controllers()
            yield made
        finally:
            made.down()


@pytest.fixture
def machines(cloud: Cloud) -> Iterator[BootedMachines]:
    """Bare machines, which are gone after the test."""
    folder = cloud.demo.layout.folder
    made = BootedMachines(folder, Processes(folder / "processes"))
    yield made
    for number in made.numbers:
        made.remove(number)


def test_a_signed_machine_runs_on_a_booted_node_and_is_back_after_a_power_cut(
    cloud: Cloud, machines: BootedMachines
) -> None:
    machine = boot(cloud.demo, machines, Steps(cloud.demo.layout.log))
    (node,) = cloud.demo.await_ready_nodes(1)
    assert node["metadata"]["name"] == machine.row("node")
    cloud.deploy("metal", 1)
    assert cloud.machines("metal")["metal-0"]["spec"]["node"] == machine.row("node")
    machines.cut(machine.number)
    cloud.eventually(lambda: condition(_metal(cloud), "Ready") == "Unknown", "the silence to be told", 120.0)
    machines.switch_on(machine.number)
    cloud.eventually(lambda: condition(_metal(cloud), "Ready") == "True", "the machine to be back", 240.0)
    assert [each["metadata"]["name"] for each in cloud.demo.ready_nodes()] == [node["metadata"]["name"]]


def _metal(cloud: Cloud) -> dict[str, object]:
    return cloud.machines("metal")["metal-0"]
