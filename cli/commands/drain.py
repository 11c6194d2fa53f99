"""`hardpan node drain`: what may move leaves a node, and what cannot is named."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.cluster import Cluster, connect
from cli.commands.node import NodeArgument
from cli.errors import CliError
from cli.leaving import Leaving, leaving, news, remainder
from cli.output import say
from cli.progress import waiting
from cli.wording import require
from crds.meta import NodeId

PAUSE_SECONDS = 1.0
# A supervisor says within a few seconds of each machine whether it moves.
SETTLE_SECONDS = 3.0
Timeout = Annotated[
    int,
    typer.Option("--timeout", min=0, metavar="SECONDS", help="How long to wait.", show_default="as long as it takes"),
]


def drain(node: NodeArgument, timeout: Timeout = 0) -> None:
    """Moves what may move off a node, and lets nothing new go there.

    Machines without volumes go to other nodes, as many at a time as their deployments allow to be down; their root
    disks are made anew from their images. Machines with volumes stay and run on. Before a reboot nothing has to be
    moved: a node starts again what it ran.

    \b
    Example:
      kubectl hardpan node drain n-kzdvvj2umnduyauf35o36k6kw4
    """
    require(NodeId, node, "NODE")
    cluster = connect(progress=False)
    cluster.object("nodes", node)
    decide(cluster, node, {"cordoned": True, "draining": True})
    say(f"{node} is cordoned, and what may move leaves it")
    with waiting(f"what leaves {node}"):
        left = watch(cluster, node, timeout)
    if not left.is_empty:
        raise CliError(
            f"{node} is not empty: {remainder(left)}. Sign revisions without what stays, or delete its deployments;"
            f" kubectl hardpan node uncordon {node} undoes the drain"
        )
    say(f"{node} is drained: nothing is on it")
    say(f"Next: kubectl hardpan node uncordon {node}    when machines may go there again")


def decide(cluster: Cluster, node: str, fields: Mapping[str, Any]) -> None:
    """Writes what the operator decided of a node."""
    patch = json.dumps({"spec": fields})
    cluster.kubectl.run("patch", "nodes.hardpan.dev", node, "--type", "merge", "--patch", patch)


def watch(cluster: Cluster, node: str, timeout: int) -> Leaving:
    """Shows what leaves until nothing more does; what is left then. Raises CliError when the time is over."""
    began = time.monotonic()
    before = Leaving()
    while True:
        now = leaving(node, cluster.kubectl.list("machines.hardpan.dev,volumes.hardpan.dev"))
        for line in news(before, now):
            say(line)
        waited = time.monotonic() - began
        if not now.going and (now.is_empty or waited >= SETTLE_SECONDS):
            return now
        if timeout and waited >= timeout:
            raise CliError(f"{node} is not empty after {timeout} s: {remainder(now)}. It goes on by itself; ask again")
        before = now
        time.sleep(PAUSE_SECONDS)
