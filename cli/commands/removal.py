"""`hardpan node remove`, and `forget node`: a node goes out of service, in order or for lost."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from cli.cluster import Cluster, connect
from cli.commands.drain import PAUSE_SECONDS, Timeout, decide, watch
from cli.commands.node import NodeArgument
from cli.errors import CliError, Usage
from cli.leaving import leaving, remainder
from cli.output import note, say
from cli.progress import waiting
from cli.seen import seen
from cli.wording import require
from crds.meta import NodeId

REMOVED = "NodeRemoved"
Yes = Annotated[bool, typer.Option("--yes", help="The machine is off and will not come back with its disks.")]
NO_FENCE = (
    "--fence: no machine stops by itself when its node is cut off, for `onPartition: Fence` is not there yet, so no"
    " time that passes proves that it stopped. Bring the node back, or, once it is off for good: --forget"
)


def remove(
    node: NodeArgument,
    forget: Annotated[bool, typer.Option("--forget", help="Give it up at once, with all that is on it.")] = False,
    fence: Annotated[bool, typer.Option("--fence", help="Not in this version: it says why.", hidden=True)] = False,
    yes: Yes = False,
    timeout: Timeout = 0,
) -> None:
    """Takes a node out of service once nothing is on it.

    It is drained first; then its way to the queue is shut, and it is refused when it comes back, until it is
    uncordoned. With --forget nothing is waited for: that is for machines that are off for good.

    \b
    Examples:
      kubectl hardpan node remove n-kzdvvj2umnduyauf35o36k6kw4
      kubectl hardpan node remove n-kzdvvj2umnduyauf35o36k6kw4 --forget --yes
    """
    require(NodeId, node, "NODE")
    if fence:
        raise Usage(NO_FENCE)
    if forget:
        give_up(node, yes)
        return
    cluster = connect(progress=False)
    if cluster.object("nodes", node)["spec"].get("removal") == "Forget":
        raise CliError(f"{node} was given up already: nothing is waited for any more")
    decide(cluster, node, {"removal": "Graceful"})
    say(f"{node} goes out of service once nothing is on it; what may move leaves it")
    with waiting(f"what leaves {node}"):
        left = watch(cluster, node, timeout)
    if not left.is_empty:
        raise CliError(
            f"{node} is not removed yet: {remainder(left)}. Sign revisions without what stays, or delete its"
            f" deployments, and it is removed by itself; kubectl hardpan node uncordon {node} takes the order back"
        )
    with waiting(f"the word of {node} that it is empty"):
        _await(cluster, node, timeout)
    say(f"{node} is out of service: nothing is on it, and nobody believes it any more")
    say(f"Next: switch the machine off, or wipe it; kubectl hardpan node uncordon {node} takes it back")


def _await(cluster: Cluster, node: str, timeout: int) -> None:
    """Waits for the ledger's word that the node is empty by its own account too."""
    began, told = time.monotonic(), ""
    while not _is_removed(it := cluster.object("nodes", node)):
        draining = seen("node", it).condition("Draining")
        words = draining.message if draining else ""
        if words and words != told:
            note(f"  waiting for its own word. {words}")
            told = words
        if timeout and time.monotonic() - began >= timeout:
            raise CliError(f"{node} is not removed after {timeout} s: {words or 'the ledger said nothing yet'}")
        time.sleep(PAUSE_SECONDS)


def _is_removed(node: dict[str, Any]) -> bool:
    approved = seen("node", node).condition("Approved")
    return approved is not None and approved.reason == REMOVED


def give_up(node: str, yes: bool) -> None:
    """Gives up a dead node and what is on it."""
    cluster = connect()
    found = cluster.object("nodes", node)
    ready = seen("node", found).condition("Ready")
    if ready is not None and ready.status == "True":
        raise CliError(f"{node} is Ready: switch the machine off first, or what it runs would run on unseen")
    left = leaving(node, cluster.kubectl.list("machines.hardpan.dev,volumes.hardpan.dev"))
    machines = sorted(left.going | left.staying.keys())
    lost = f"volumes {', '.join(left.volumes)} are given up" if left.volumes else "no volume is on it"
    if not yes:
        raise CliError(f"{node} is not forgotten yet: {lost}; say --yes when the machine is off for good")
    decide(cluster, node, {"removal": "Forget"})
    say(f"{node} is forgotten" + (f", and with it the volumes {', '.join(left.volumes)}" if left.volumes else ""))
    if machines:
        say(
            f"Its machines {', '.join(machines)} are not started elsewhere by themselves. If it is switched on again it"
        )
        say("runs them, and nobody sees it: wipe its disk first. To start one elsewhere:")
        namespace, _, name = machines[0].partition("/")
        say(f"Next: kubectl delete machines.hardpan.dev {name} -n {namespace}")
    else:
        say(f"Next: kubectl delete nodes.hardpan.dev {node}    once its disk is wiped or gone")


def forget(
    kind: Annotated[
        str,
        typer.Argument(metavar="node", help="What is given up.", autocompletion=lambda: ["node"], show_default=False),
    ],
    name: NodeArgument,
    yes: Yes = False,
) -> None:
    """Gives up a dead node and the volumes on it; removals no longer wait for it.

    \b
    Example:
      kubectl hardpan forget node n-kzdvvj2umnduyauf35o36k6kw4 --yes
    """
    if kind != "node":
        raise Usage(f"{kind!r} cannot be forgotten, only a node can: kubectl hardpan forget node NODE")
    require(NodeId, name, "NODE")
    give_up(name, yes)
