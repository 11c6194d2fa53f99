"""The whole way, as `make demo` shows it: machines boot the image, become nodes, and run a signed deployment."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.demo.booted import BootedMachines
from cli.demo.on_booted import NUMBERS, OnBooted
from cli.demo.processes import Processes
from cli.demo.show import up
from cli.demo.steps import Steps
from tests.cloud.cloud import Cloud
from tests.system.requirements import need

pytestmark = [pytest.mark.boot_slow, pytest.mark.timeout(1200)]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A cloud that is not up yet."""
    need("root", "redis", "qemu", "ssh-keygen", "image")
    with tempfile.TemporaryDirectory(prefix="hpb-") as folder:
        made = Cloud(Path(folder), name="hpboot", subnet="fd68:7264:b007")
        try:
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


def test_two_machines_boot_and_run_a_signed_deployment_that_outlives_a_power_cut(
    cloud: Cloud, machines: BootedMachines
) -> None:
    layout = cloud.demo.layout
    up(cloud.demo, OnBooted(cloud.demo, machines), Steps(layout.log))
    shown = layout.log.read_text()
    assert "web-1 reached peer" in shown
    assert "web-0 boot 2 of volume /data" in shown
    # The machine whose power was cut is the node that it was.
    ids = {machines.machine(number).row("node") for number in NUMBERS}
    assert {each["metadata"]["name"] for each in cloud.demo.ready_nodes()} == ids
    assert all(node in shown for node in ids)
