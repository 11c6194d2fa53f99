"""`hardpan demo up|down`, what `make demo` and `make demo-down` call."""

from __future__ import annotations

import os
from pathlib import Path

from cli.demo.cloud import DemoCloud, down
from cli.demo.layout import Layout
from cli.demo.show import up
from cli.demo.steps import Steps
from cli.demo.tools import cache_folder
from cli.errors import CliError
from cli.output import say
from sal.command import SystemRunner


def demo_up() -> None:
    """Brings it up, with two machines that talk to each other.

    Kubernetes, control plane and two nodes in network namespaces of this machine; needs root. Repeat it at will.

    \b
    Example:
      hardpan demo up
    """
    if os.geteuid() != 0:
        raise CliError("the demo makes network namespaces and loop devices: run it as root")
    cloud = _cloud()
    up(cloud, Steps(cloud.layout.log))


def demo_down() -> None:
    """Removes all of it.

    \b
    Example:
      hardpan demo down
    """
    down(_cloud())
    say("The demo is gone: no process, mount, loop device, namespace, interface or rule is left.")


def _cloud() -> DemoCloud:
    folder = Path(os.environ.get("HARDPAN_DEMO") or cache_folder() / "demo")
    return DemoCloud(Layout(folder), SystemRunner())
