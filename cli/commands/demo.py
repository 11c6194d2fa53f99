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


class ControlPlanes(StrEnum):
    """What the demo's control plane runs in."""

    PROCESSES = "processes"
    PODS = "pods"


def demo_up(
    nodes: Annotated[
        Nodes, typer.Option(help="Emulated machines that boot from the EFI image, or processes of this machine.")
    ] = Nodes.BOOTED,
    control_plane: Annotated[
        ControlPlanes, typer.Option(help="Processes of this machine, or pods that helm installs from our charts.")
    ] = ControlPlanes.PROCESSES,
) -> None:
    """Brings it up, with two machines that talk to each other.

    Kubernetes and control plane on this machine, and two nodes; needs root. Repeat it at will.

    \b
    Example:
      hardpan demo up
      hardpan demo up --nodes processes
      hardpan demo up --control-plane pods
    """
    if os.geteuid() != 0:
        raise CliError("the demo makes a bridge, network namespaces and loop devices: run it as root")
    cloud = chosen(control_plane is ControlPlanes.PODS)
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
    layout = _layout()
    return DemoCloud(layout, SystemRunner(), pods=layout.pods.folder.exists())


def chosen(pods: bool) -> DemoCloud:
    """A new demo, or the one that is up. Raises CliError where that is of the other kind."""
    layout = _layout()
    if layout.site.exists() and pods != layout.pods.folder.exists():
        held = ControlPlanes.PROCESSES if pods else ControlPlanes.PODS
        raise CliError(f"the demo is up with its control plane in {held}: take it down first (make demo-down)")
    runner = SystemRunner()
    if pods and os.environ.get("HARDPAN_KUBECONFIG"):
        raise CliError("the demo's pods run in a Kubernetes that it brings itself: unset HARDPAN_KUBECONFIG")
    if pods and (missing := obstacles(runner)):
        raise CliError(f"this machine cannot run pods: {'; '.join(missing)}")
    return DemoCloud(layout, runner, pods=pods)


def _layout() -> Layout:
    return Layout(Path(os.environ.get("HARDPAN_DEMO") or cache_folder() / "demo"))
