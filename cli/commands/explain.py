"""`hardpan explain`: what something waits for, since when, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.cluster import Cluster, connect, missing
from cli.completion import names
from cli.errors import Usage
from cli.explanation import Explanation, explain, unplaced
from cli.output import Form, Output, show
from cli.seen import Seen, seen
from crds.meta import DEPLOYMENT_LABEL

PLURALS = {"deployment": "deployments", "machine": "machines", "volume": "volumes", "node": "nodes", "job": "jobs"}
CLUSTER_SCOPED = frozenset({"node"})


def _kinds(incomplete: str) -> list[str]:
    return [each for each in PLURALS if each.startswith(incomplete)]


def _names(context: typer.Context, incomplete: str) -> list[str]:
    kind, namespace = str(context.params.get("kind")), str(context.params.get("namespace") or "")
    return names(PLURALS[kind], namespace, incomplete) if kind in PLURALS else []


def explain_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="deployment, machine, volume, node or job.", autocompletion=_kinds, show_default=False
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.", autocompletion=_names, show_default=False)],
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Its namespace.", show_default="the context's")
    ] = "",
    output: Output = Form.TEXT,
) -> None:
    """Says how something is, what it waits for, and what to do.

    \b
    Examples:
      kubectl hardpan explain deployment web
      kubectl hardpan explain machine web-1 -n shop
      kubectl hardpan explain node n-kzdvvj2umnduyauf35o36k6kw4
    """
    kind = kind.removesuffix(".hardpan.dev").removesuffix("s").lower()
    if kind not in PLURALS:
        raise Usage(f"{kind} cannot be explained, only one of {', '.join(PLURALS)}")
    cluster = connect()
    place = "" if kind in CLUSTER_SCOPED else namespace or cluster.namespace()
    now = datetime.now(UTC)
    found = _explained(cluster, kind, name, place, now)
    data = {"kind": kind, "namespace": place or None, "name": name, **found.data()}
    show(output, data, found.text(now))


def _explained(cluster: Cluster, kind: str, name: str, namespace: str, now: datetime) -> Explanation:
    found = cluster.kubectl.get(f"{PLURALS[kind]}.hardpan.dev", name, namespace)
    if found is not None:
        it = seen(kind, found)
        return explain(it, _children(cluster, it) if kind == "deployment" else (), now)
    if kind in ("machine", "volume"):
        deployments = cluster.kubectl.list("deployments.hardpan.dev", namespace)
        waiting = unplaced(kind, name, (seen("deployment", each) for each in deployments))
        if waiting is not None:
            return waiting
    raise missing(PLURALS[kind], name, namespace)


def _children(cluster: Cluster, it: Seen) -> list[Seen]:
    found = cluster.kubectl.list(
        "machines.hardpan.dev,volumes.hardpan.dev", it.namespace, f"{DEPLOYMENT_LABEL}={it.name}"
    )
    return [seen(str(each.get("kind", "")).lower(), each) for each in found]
