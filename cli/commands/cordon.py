"""`hardpan node cordon` and `uncordon`: whether new machines may go to a node."""

from __future__ import annotations

import json

from cli.cluster import connect
from cli.commands.node import NodeArgument
from cli.output import say
from cli.wording import require
from crds.meta import NodeId


def cordon(node: NodeArgument) -> None:
    """Lets nothing new go to a node; what runs there stays.

    \b
    Example:
      kubectl hardpan node cordon n-kzdvvj2umnduyauf35o36k6kw4
    """
    if _set(node, True):
        say(f"{node} is cordoned: nothing new goes there, and what runs there stays")
        say(f"Next: kubectl hardpan node uncordon {node}    when new machines may go there again")


def uncordon(node: NodeArgument) -> None:
    """Lets new machines go to a node again.

    \b
    Example:
      kubectl hardpan node uncordon n-kzdvvj2umnduyauf35o36k6kw4
    """
    if _set(node, False):
        say(f"{node} is uncordoned: new machines may go there")
        say(f"Next: kubectl hardpan explain node {node}")


def _set(node: str, wanted: bool) -> bool:
    """Whether that was news; what is so already is said."""
    require(NodeId, node, "NODE")
    cluster = connect()
    if bool(cluster.object("nodes", node)["spec"].get("cordoned")) is wanted:
        say(f"{node} is {'' if wanted else 'not '}cordoned already")
        return False
    patch = json.dumps({"spec": {"cordoned": wanted}})
    cluster.kubectl.run("patch", "nodes.hardpan.dev", node, "--type", "merge", "--patch", patch)
    return True
