"""Nodes report, are healthy, have the right time, and none waits for approval unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cli.doctor.check import Check, Finding, soon, well, wrong
from cli.doctor.installation import Installation
from cli.remedies import next_steps
from cli.seen import Seen, seen
from cli.text import ago, counted


def look(installation: Installation) -> Iterator[Finding]:
    """One line for each that needs somebody."""
    nodes = [seen("node", each) for each in installation.objects("nodes.hardpan.dev")]
    troubles = [finding for node in nodes for finding in _troubles(node, installation.now)]
    yield from troubles
    good = sum(1 for node in nodes if not list(_troubles(node, installation.now)))
    if nodes:
        yield well(f"{counted(good, 'node')} of {len(nodes)} {'is' if good == 1 else 'are'} well")
    else:
        yield soon("no machine has registered", "boot one from a medium of this site")


def _troubles(node: Seen, now: datetime) -> Iterator[Finding]:
    ready, healthy = node.condition("Ready"), node.condition("Healthy")
    explain = f"kubectl hardpan explain node {node.name}"
    if ready is None:
        yield wrong(f"{node.name}: nobody has looked at it yet", "is the ledger running?")
    elif ready.status == "Unknown":
        yield wrong(f"{node.name}: {ready.reason} since {ago(ready.since, now)}", explain)
    elif ready.status == "False":
        steps = next_steps(node, ready)
        yield soon(f"{node.name}: {ready.reason}. {ready.message}".rstrip(". "), steps[0] if steps else explain)
    if healthy is not None and healthy.status == "False":
        yield wrong(f"{node.name}: {healthy.reason}. {healthy.message}".rstrip(". "), explain)


CHECK = Check("nodes", look)
