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
from cli.demo.cluster import own_kubernetes
from cli.demo.control_planes import ControlPlanes, choose
from cli.demo.in_namespaces import InNamespaces
from cli.demo.layout import Layout
from cli.demo.on_booted import OnBooted
from cli.demo.pods.obstacles import obstacles
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
    control_plane: Annotated[
        ControlPlanes | None,
        typer.Option(help="Pods that helm installs from our charts (the default where they can be run), or processes."),
    ] = None,
) -> None:
    """Brings it up, with two machines that talk to each other.

    Kubernetes and control plane on this machine, and two nodes; needs root. Repeat it at will.

    \b
    Example:
      hardpan demo up
      hardpan demo up --nodes processes
      hardpan demo up --control-plane processes
    """
    if os.geteuid() != 0:
        raise CliError("the demo makes a bridge, network namespaces and loop devices: run it as root")
    layout, runner = _layout(), SystemRunner()
    choice = choose(control_plane, held(layout), own_kubernetes(), lambda: obstacles(runner))
    cloud = DemoCloud(layout, runner, pods=choice.where is ControlPlanes.PODS)
    steps, machines = Steps(layout.log), _machines(cloud)
    if choice.because:
        steps.say(f"The control plane runs as processes, not in pods: {choice.because}")
    booted = nodes is Nodes.BOOTED
    up(cloud, OnBooted(cloud, machines) if booted else InNamespaces(cloud, bool(machines.numbers)), steps)


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
    layout = _layout()
    return DemoCloud(layout, SystemRunner(), pods=layout.pods.folder.exists())


def held(layout: Layout) -> ControlPlanes | None:
    """Where the control plane of the demo that is up runs."""
    if not layout.site.exists():
        return None
    return ControlPlanes.PODS if layout.pods.folder.exists() else ControlPlanes.PROCESSES


def _layout() -> Layout:
    return Layout(Path(os.environ.get("HARDPAN_DEMO") or cache_folder() / "demo"))
