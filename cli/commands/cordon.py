"""`hardpan node cordon` and `uncordon`: whether new machines may go to a node."""

from __future__ import annotations

from cli.cluster import connect
from cli.commands.drain import decide
from cli.commands.node import NodeArgument
from cli.errors import CliError
from cli.output import say
from cli.wording import require
from crds.meta import NodeId

KEPT_OUT = ("cordoned", "draining", "removal")


def cordon(node: NodeArgument) -> None:
    """Lets nothing new go to a node; what runs there stays.

    \b
    Example:
      kubectl hardpan node cordon n-kzdvvj2umnduyauf35o36k6kw4
    """
    require(NodeId, node, "NODE")
    cluster = connect()
    if cluster.object("nodes", node)["spec"].get("cordoned"):
        say(f"{node} is cordoned already")
        return
    decide(cluster, node, {"cordoned": True})
    say(f"{node} is cordoned: nothing new goes there, and what runs there stays")
    say(f"Next: kubectl hardpan node uncordon {node}    when new machines may go there again")


def uncordon(node: NodeArgument) -> None:
    """Lets new machines go to a node again; takes back a drain, and a removal in order.

    \b
    Example:
      kubectl hardpan node uncordon n-kzdvvj2umnduyauf35o36k6kw4
    """
    require(NodeId, node, "NODE")
    cluster = connect()
    spec = cluster.object("nodes", node)["spec"]
    if spec.get("removal") == "Forget":
        raise CliError(f"{node} was given up, and what it ran may run elsewhere: wipe the machine, and it comes anew")
    if not any(spec.get(each) for each in KEPT_OUT):
        say(f"{node} is not cordoned already")
        return
    decide(cluster, node, {"cordoned": False, "draining": None, "removal": None})
    say(f"{node} is uncordoned: new machines may go there")
    if spec.get("removal"):
        say("If it was refused, it is taken in at its next try, within a minute")
    say(f"Next: kubectl hardpan explain node {node}")
