"""Nothing is being deleted for ever: a finalizer that nobody takes off, a machine on a node that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cli.doctor.check import Check, Finding, well, wrong
from cli.doctor.installation import Installation
from cli.seen import Seen, one_line, seen
from cli.text import ago, counted

LONG = timedelta(minutes=10)
KINDS = {"deployment": "deployments", "machine": "machines", "volume": "volumes", "job": "jobs"}


def look(installation: Installation) -> Iterator[Finding]:
    """One line for each that has been going for more than 10 minutes."""
    nodes = {str(each["metadata"]["name"]) for each in installation.objects("nodes.hardpan.dev")}
    found = [
        seen(kind, each) for kind, plural in KINDS.items() for each in installation.objects(f"{plural}.hardpan.dev")
    ]
    going = [each for each in found if each.deleted_since]
    for each in going:
        if _age(each, installation.now) > LONG:
            yield _stuck(each, nodes, installation.now)
    yield well(f"{counted(len(going), 'object')} being removed")


def _stuck(it: Seen, nodes: set[str], now: datetime) -> Finding:
    name, node = f"{it.kind} {it.namespace}/{it.name}", str(it.spec.get("node") or "")
    since = ago(it.deleted_since, now)
    if node and node not in nodes:
        return wrong(
            f"{name} goes since {since}, and its node {node} is gone",
            "is its supervisor running? It lets go what was on a node that is gone",
        )
    held = one_line(", ".join(map(str, it.metadata.get("finalizers") or ())))
    return wrong(
        f"{name} goes since {since}, held by {held}", f"kubectl hardpan explain {it.kind} {it.name} -n {it.namespace}"
    )


def _age(it: Seen, now: datetime) -> timedelta:
    try:
        return now - datetime.fromisoformat(it.deleted_since)
    except ValueError:
        return timedelta()


CHECK = Check("deletions", look)
