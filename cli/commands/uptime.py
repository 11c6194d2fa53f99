"""`hardpan node uptime`: how much of the time nodes were there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from cli.cluster import connect
from cli.completion import names_of
from cli.output import Form, Output, show
from cli.text import table
from cli.uptime import WINDOWS, NodeUptime, percent
from cli.wording import require
from crds.meta import NodeId


def node_uptime(
    node: Annotated[
        str,
        typer.Argument(
            metavar="NODE", help="One node, day by day.", show_default="all", autocompletion=names_of("nodes")
        ),
    ] = "",
    output: Output = Form.TEXT,
) -> None:
    """Shows how much of the time nodes were there, from the reports that the ledger received.

    Days are UTC. A node counts from when it came; what it claims itself counts for nothing.

    \b
    Examples:
      kubectl hardpan node uptime
      kubectl hardpan node uptime n-kzdvvj2umnduyauf35o36k6kw4
    """
    now = datetime.now(UTC)
    if node:
        require(NodeId, node, "NODE")
        one = _uptime_of(connect().object("nodes", node))
        show(output, _data(one, now), _daily(one, now))
        return
    found = [_uptime_of(each) for each in connect().kubectl.list("nodes.hardpan.dev")]
    show(output, [_data(each, now) for each in found], _list(found, now))


def _uptime_of(node: Mapping[str, Any]) -> NodeUptime:
    status = node.get("status") or {}
    ready = next((each for each in status.get("conditions") or () if each["type"] == "Ready"), None)
    return NodeUptime(
        node=node["metadata"]["name"],
        state=ready["reason"] if ready else "Pending",
        since=datetime.fromisoformat(node["metadata"]["creationTimestamp"]),
        days={date.fromisoformat(each["day"]): each["seconds"] for each in status.get("uptime") or ()},
    )


def _list(found: list[NodeUptime], now: datetime) -> str:
    if not found:
        return "no node has come yet. Next: hardpan token create, then boot a machine"
    head = ("NODE", "STATE", "TODAY", *(f"{days} DAYS" for days in WINDOWS[1:]))
    rows = [(each.node, each.state, *(percent(each.share(days, now)) for days in WINDOWS)) for each in found]
    return table([head, *rows], indent="")


def _daily(one: NodeUptime, now: datetime) -> str:
    days = [(str(day), percent(share)) for day, share in one.daily(now)]
    head = f"{one.node} is {one.state}; it came {one.since:%Y-%m-%d %H:%M} UTC"
    return "\n".join([head, table([("DAY", "UPTIME"), *days])])


def _data(one: NodeUptime, now: datetime) -> dict[str, Any]:
    """Shares as numbers from 0 to 1."""
    return {
        "node": one.node,
        "state": one.state,
        "since": f"{one.since:%Y-%m-%dT%H:%M:%SZ}",
        "shares": {f"{days}d": round(one.share(days, now), 6) for days in WINDOWS},
        "days": [{"day": str(day), "share": round(share, 6)} for day, share in one.daily(now)],
    }
