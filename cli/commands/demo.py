"""`hardpan demo up|boot|down`, what `make demo`, `make demo-boot` and `make demo-down` call."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.demo.boot import boot
from cli.demo.booted import BootedMachines
from cli.demo.cloud import DemoCloud, down
from cli.demo.in_namespaces import InNamespaces
from cli.demo.layout import Layout
from cli.demo.on_booted import OnBooted
from cli.demo.processes import Processes
from cli.demo.show import up
from cli.demo.steps import Steps
from cli.demo.tools import cache_folder
from cli.errors import CliError
from cli.output import say
from sal.command import SystemRunner


class Nodes(StrEnum):
    """What the demo's nodes run on."""

    BOOTED = "booted"
    PROCESSES = "processes"


def demo_up(
    nodes: Annotated[
        Nodes, typer.Option(help="Emulated machines that boot from the EFI image, or processes of this machine.")
    ] = Nodes.BOOTED,
) -> None:
    """Brings it up, with two machines that talk to each other.

    Kubernetes and control plane on this machine, and two nodes; needs root. Repeat it at will.

    \b
    Example:
      hardpan demo up
      hardpan demo up --nodes processes
    """
    if os.geteuid() != 0:
        raise CliError("the demo makes a bridge, network namespaces and loop devices: run it as root")
    cloud = _cloud()
    machines = _machines(cloud)
    booted = nodes is Nodes.BOOTED
    up(
        cloud,
        OnBooted(cloud, machines) if booted else InNamespaces(cloud, bool(machines.numbers)),
        Steps(cloud.layout.log),
    )


def demo_boot() -> None:
    """Boots a bare machine from the site's image, beside the demo that is up.

    The machine is emulated: firmware, a boot medium, one empty disk, QEMU's own network. It becomes a node by the join
    token on its medium. Repeat it for one more.

    \b
    Example:
      hardpan demo boot
    """
    cloud = _cloud()
    steps = Steps(cloud.layout.log)
    boot(cloud, _machines(cloud), steps)
    steps.say("Next: kubectl get nodes.hardpan.dev")


def demo_down() -> None:
    """Removes all of it.

    \b
    Example:
      hardpan demo down
    """
    cloud = _cloud()
    machines = _machines(cloud)
    for number in machines.numbers:
        machines.remove(number)
    down(cloud)
    say("The demo is gone: no process, mount, loop device, namespace, interface or rule is left.")


def _machines(cloud: DemoCloud) -> BootedMachines:
    return BootedMachines(cloud.layout.folder, Processes(cloud.layout.folder / "processes"))


def _cloud() -> DemoCloud:
    folder = Path(os.environ.get("HARDPAN_DEMO") or cache_folder() / "demo")
    return DemoCloud(Layout(folder), SystemRunner())
