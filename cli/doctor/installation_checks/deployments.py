"""Deployments are Ready, or it is said why not and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cli.doctor.check import Check, Finding, soon, well, wrong
from cli.doctor.installation import Installation
from cli.seen import Condition, Seen, seen
from cli.text import ago, counted

UNDER_WAY = timedelta(minutes=5)


def look(installation: Installation) -> Iterator[Finding]:
    """One line for each that is stuck, or under way for more than 5 minutes."""
    found = [seen("deployment", each) for each in installation.objects("deployments.hardpan.dev")]
    troubles = [each for one in found if (each := _trouble(one, installation.now)) is not None]
    yield from troubles
    yield well(f"{counted(len(found), 'deployment')}, {len(found) - len(troubles)} without trouble")


def _trouble(it: Seen, now: datetime) -> Finding | None:
    ready, stalled = it.condition("Ready"), it.condition("Stalled")
    name, explain = f"{it.namespace}/{it.name}", f"kubectl hardpan explain deployment {it.name} -n {it.namespace}"
    if ready is None:
        old = _age(str(it.metadata.get("creationTimestamp") or ""), now) > UNDER_WAY
        return wrong(f"{name}: nobody has looked at it yet", "are coord and supervisor running?") if old else None
    if stalled is not None and stalled.status == "True":
        return wrong(f"{name} is stuck since {ago(stalled.since, now)}: {_words(stalled)}", explain)
    if ready.status == "True":
        due = it.condition("RenewalDue")
        return soon(f"{name}: {_words(due)}", explain) if due is not None and due.status == "True" else None
    late = ready.status == "Unknown" or _age(ready.since, now) > UNDER_WAY
    if late and ready.reason != "Suspended":
        return wrong(f"{name} is not Ready since {ago(ready.since, now)}: {_words(ready)}", explain)
    return None


def _words(condition: Condition) -> str:
    return f"{condition.reason}. {condition.message}".rstrip(". ")


def _age(text: str, now: datetime) -> timedelta:
    try:
        return now - datetime.fromisoformat(text)
    except ValueError:
        return timedelta()


CHECK = Check("deployments", look)
