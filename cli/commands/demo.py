"""`hardpan demo up|down`, what `make demo` and `make demo-down` call."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from cli.demo.cloud import DemoCloud, down
from cli.demo.layout import Layout
from cli.demo.show import up
from cli.demo.steps import Steps
from cli.demo.tools import cache_folder
from cli.errors import CliError
from sal.command import SystemRunner


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    demo = typer.Typer(help="A small cloud on this machine.", no_args_is_help=True)
    demo.command("up")(demo_up)
    demo.command("down")(demo_down)
    app.add_typer(demo, name="demo")


def demo_up() -> None:
    """Kubernetes, control plane, two nodes, a signed deployment with two machines that talk to each other."""
    if os.geteuid() != 0:
        raise CliError("the demo makes network namespaces and loop devices: run it as root")
    cloud = _cloud()
    up(cloud, Steps(cloud.layout.log))


def demo_down() -> None:
    """Removes all of the demo."""
    down(_cloud())
    typer.echo("The demo is gone: no process, mount, loop device, namespace, interface or rule is left.")


def _cloud() -> DemoCloud:
    folder = Path(os.environ.get("HARDPAN_DEMO") or cache_folder() / "demo")
    return DemoCloud(Layout(folder), SystemRunner())
