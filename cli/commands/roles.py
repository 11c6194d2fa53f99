"""The long-running commands: each controller alone, all of them on one machine, and a node."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli import control_plane as processes
from cli.commands.node import approve, forget
from cli.errors import CliError

ROLES = {
    "ledger": ("controllers.ledger.app", "Registers nodes and shows what counts."),
    "coord": ("controllers.coord.app", "Picks the supervisor of each deployment."),
    "supervisor": ("controllers.supervisor.app", "Verifies, evaluates, places and orders."),
    "gateway": ("controllers.gateway.main", "The one door for nodes."),
    "admission": ("controllers.admission.app", "Refuses at kubectl apply what would be refused later."),
}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for role, (module, text) in ROLES.items():
        app.command(role, help=f"{text} Settings come from HARDPAN_* variables.", hidden=True)(_runner(module))
    app.command("control-plane")(control_plane)
    node = typer.Typer(help="Nodes: run one, approve one.", no_args_is_help=True)
    node.command("run")(node_run)
    node.command("approve")(approve)
    app.command("forget")(forget)
    app.add_typer(node, name="node")


def _runner(module: str) -> Callable[[], None]:
    def run() -> None:
        # Imported only now: one role must not pay for the others.
        loaded = importlib.import_module(module)
        try:
            code = loaded.main(os.environ)
        except Exception as error:
            if type(error).__name__ != "BadSettings":
                raise
            raise CliError(str(error)) from None
        sys.exit(code)

    return run


def control_plane(
    logs: Annotated[Path, typer.Option(help="Folder for logs and pids of the controllers.")] = Path("/var/log/hardpan"),
) -> None:
    """Runs ledger, coord, supervisor, gateway and admission as processes of this machine."""
    sys.exit(processes.run(logs))


def node_run(
    settings: Annotated[Path, typer.Option(help="The node's settings (JSON).", exists=True)],
) -> None:
    """Runs this machine as a node: agent and executor."""
    process = importlib.import_module("node_agent.process")
    loaded = importlib.import_module("node_agent.settings").load(settings)
    process.run(loaded)
