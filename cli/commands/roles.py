"""The long-running commands: each controller alone, all of them on one machine, and a node."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from cli import control_plane as processes
from cli.errors import CliError


def ledger() -> None:
    """Registers nodes and shows what counts. Settings come from HARDPAN_* variables."""
    processes.become("ledger")


def coord() -> None:
    """Picks the supervisor of each deployment. Settings come from HARDPAN_* variables."""
    processes.become("coord")


def supervisor() -> None:
    """Verifies, evaluates, places and orders. Settings come from HARDPAN_* variables."""
    processes.become("supervisor")


def gateway() -> None:
    """The one door for nodes. Settings come from HARDPAN_* variables."""
    processes.become("gateway")


def admission() -> None:
    """Refuses at kubectl apply what would be refused later. Settings come from HARDPAN_* variables."""
    processes.become("admission")


def control_plane(
    logs: Annotated[Path, typer.Option(help="Folder for logs and pids of the controllers.")] = Path("/var/log/hardpan"),
) -> None:
    """Runs all controllers on this machine.

    Ledger, coord, supervisor, gateway and admission run as processes, each started again when it ends. Settings
    come from HARDPAN_* variables.

    \b
    Example:
      hardpan control-plane --logs /var/log/hardpan
    """
    raise typer.Exit(processes.run(logs))


def node_run(
    settings: Annotated[Path, typer.Option(help="The node's settings (JSON).", show_default=False)],
) -> None:
    """Runs this machine as a node.

    Agent and executor run until SIGTERM; machines outlive them.

    \b
    Example:
      hardpan node run --settings /etc/hardpan/node.json
    """
    process = importlib.import_module("node_agent.process")
    loader = importlib.import_module("node_agent.settings")
    try:
        loaded = loader.load(settings)
    except loader.NeedsOperator as error:
        raise CliError(str(error)) from None
    process.run(loaded)
