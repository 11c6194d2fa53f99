"""`hardpan doctor`: what is wrong with an installation, or with the node that it is run on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.cluster import connect
from cli.doctor.examination import Diagnosis, data, examine, is_well, text
from cli.doctor.installation_checks import CHECKS
from cli.doctor.real_installation import RealInstallation
from cli.errors import EXIT_DONE, EXIT_FAILED
from cli.output import Form, Output, show


def doctor(
    node: Annotated[bool, typer.Option("--node", help="Look at the node on this machine instead.")] = False,
    settings: Annotated[
        Path, typer.Option("--settings", help="With --node: the node's settings file.", show_default=False)
    ] = Path("/etc/hardpan/node.json"),
    output: Output = Form.TEXT,
) -> int:
    """Names what is wrong with an installation or a node, and what to do.

    The exit code is 1 when something is wrong.

    \b
    Examples:
      kubectl hardpan doctor
      kubectl hardpan doctor -o json
      hardpan doctor --node --settings node.json
    """
    found = _node(settings) if node else examine(CHECKS, RealInstallation(connect(progress=False)))
    show(output, data(found), text(found))
    return EXIT_DONE if is_well(found) else EXIT_FAILED


def _node(settings: Path) -> list[Diagnosis]:
    from cli.doctor.machine import RealMachine  # as long as all else that an installation needs
    from cli.doctor.node_checks import CHECKS as NODE_CHECKS

    return examine(NODE_CHECKS, RealMachine.of(settings))
