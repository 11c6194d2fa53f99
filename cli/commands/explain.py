"""`hardpan explain`: what something waits for, since when, and what to do, from its conditions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.cluster import Cluster, connect
from cli.errors import Usage
from cli.output import Form, Output, show

PLURALS = {"deployment": "deployments", "machine": "machines", "volume": "volumes", "node": "nodes", "job": "jobs"}
CLUSTER_SCOPED = frozenset({"node"})


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("explain")(explain)


def explain(
    kind: Annotated[str, typer.Argument(help="deployment, machine, volume, node or job.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Default: the context's.")] = "",
    output: Output = Form.TEXT,
) -> None:
    """Says in a sentence how something is: ready, or what it waits for, since when, and what to do."""
    if kind not in PLURALS:
        raise Usage(f"{kind!r} cannot be explained: choose one of {', '.join(PLURALS)}")
    cluster = connect()
    place = "" if kind in CLUSTER_SCOPED else namespace or cluster.namespace()
    seen = _find(cluster, kind, name, place)
    if seen is None:
        show(output, {}, _missing(cluster, kind, name, place))
        return
    show(output, seen.get("status") or {}, sentence(kind, name, seen, datetime.now(UTC)))


def _find(cluster: Cluster, kind: str, name: str, namespace: str) -> dict[str, Any] | None:
    return cluster.kubectl.get(f"{PLURALS[kind]}.hardpan.dev", name, namespace)


def _missing(cluster: Cluster, kind: str, name: str, namespace: str) -> str:
    """What has no object yet may wait for a node: its deployment says why."""
    for each in cluster.kubectl.list("deployments.hardpan.dev", namespace) if namespace else []:
        for waiting in (each.get("status") or {}).get("placement") or []:
            if waiting["resource"] == f"{kind}/{name}":
                return f"Pending: {waiting['message']}"
    return f"There is no {kind} {name}: `kubectl get {PLURALS[kind]}.hardpan.dev -A` lists what is there."


def sentence(kind: str, name: str, seen: Mapping[str, Any], now: datetime) -> str:
    """The state in words, and the lines that belong to it."""
    conditions = {each["type"]: each for each in (seen.get("status") or {}).get("conditions") or ()}
    main = conditions.get("Succeeded" if kind == "job" else "Ready")
    if main is None:
        return f"{kind} {name}: nobody has looked at it yet. Is the control plane running?"
    since = _since(main["lastTransitionTime"], now)
    state = {"True": "Ready", "False": "Not ready", "Unknown": "Unknown"}[main["status"]]
    message = f" {main['message']}" if main.get("message") else ""
    lines = [f"{state} since {since}: {main['reason']}.{message}"]
    lines += [
        f"  {each['type']}={each['status']} {each['reason']} {each.get('message', '')}".rstrip()
        for each in conditions.values()
        if each is not main and _tells(each)
    ]
    if seen["metadata"].get("deletionTimestamp"):
        lines.append(f"  being deleted since {_since(seen['metadata']['deletionTimestamp'], now)}")
    return "\n".join(lines)


def _tells(condition: Mapping[str, Any]) -> bool:
    """Conditions that are as they should be tell nothing."""
    wanted = {"Progressing", "Paused", "Reconciling", "Stalled", "RenewalDue"}
    return bool(condition["status"] != ("False" if condition["type"] in wanted else "True"))


def _since(text: str, now: datetime) -> str:
    seconds = int((now - datetime.fromisoformat(text)).total_seconds())
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{max(0, seconds)} s"
