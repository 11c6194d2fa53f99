"""How something is, since when, what it waits for and what to do, from its conditions. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli.remedies import next_steps
from cli.seen import Condition, Seen, one_line
from cli.text import ago, counted, wrapped
from plans.quantity import format_quantity

GOOD_WHEN_FALSE = frozenset({"Paused", "Reconciling", "Stalled", "RenewalDue"})
PART_OF_READY = frozenset({"Ready", "Succeeded", "Available", "Progressing", "Reconciling", "Stalled", "Running"})
SHOWN_CHILDREN = 8
NOBODY_LOOKED = "nobody has looked at it yet: is the control plane running?"


@dataclass(frozen=True)
class Explanation:
    """One sentence, what belongs to it, and what to do."""

    state: str
    since: str
    reason: str
    message: str
    details: tuple[str, ...] = ()
    next: tuple[str, ...] = ()

    def text(self, now: datetime) -> str:
        """For people. What goes on below itself stands deeper than lines of ours, so that it cannot pass for one."""
        since = f" since {ago(self.since, now)}" if self.since else ""
        reason = f"{self.reason}. " if self.reason else ""
        sentence = self.message[:1].upper() + self.message[1:] if reason else self.message
        head = wrapped(f"{self.state}{since}: {reason}{sentence}".rstrip(" :"), 4)
        lines = [wrapped("  " + each.replace("\n", " "), 4) for each in self.details if each]
        steps = [f"  {'Next:' if index == 0 else '     '} {each}" for index, each in enumerate(self.next)]
        return "\n".join([head, *lines, *steps])

    def data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "state": self.state,
            "since": self.since or None,
            "reason": self.reason,
            "message": self.message,
            "details": list(self.details),
            "next": list(self.next),
        }


def explain(it: Seen, children: Sequence[Seen], now: datetime) -> Explanation:
    """An object and, for a deployment, what belongs to it."""
    main = it.condition("Succeeded" if it.kind == "job" else "Ready")
    if main is None:
        removal = Explanation("Being removed", it.deleted_since, "", "nobody has begun: is the control plane running?")
        return removal if it.deleted_since else Explanation("Pending", _created(it), "", NOBODY_LOOKED)
    message, approvable = _without_command(main.message)
    details = [*_DETAILS[it.kind](it), *_conditions(it, main), *_placements(it), *_children(children, now)]
    if it.stale:
        details.insert(0, f"this is about an older spec: {NOBODY_LOOKED}")
    approval = (f"approve anyway: kubectl hardpan node approve {shlex.quote(it.name)}",)
    return Explanation(
        _state(it, main),
        it.deleted_since or main.since,
        "" if main.reason == "NoNodeFits" else main.reason,
        _headline(message) if main.reason == "NoNodeFits" else message,
        tuple(details),
        approval if approvable else next_steps(it, main),
    )


def unplaced(kind: str, name: str, deployments: Iterable[Seen]) -> Explanation | None:
    """What has no object yet may wait for a node: its deployment says why."""
    for deployment in deployments:
        for waiting in _waiting(deployment):
            if waiting.get("resource") == f"{kind}/{name}":
                scheduled = deployment.condition("Scheduled")
                since, message = scheduled.since if scheduled else "", one_line(waiting.get("message"))
                steps = next_steps(deployment, Condition("Scheduled", "False", "NoNodeFits", "", ""))
                return Explanation("Pending", since, "", _headline(message), (_counts(message),), steps)
    return None


def _state(it: Seen, main: Condition) -> str:
    if it.deleted_since:
        return "Being removed"
    if main.status == "True":
        return "Done" if it.kind == "job" else "Ready"
    if main.status == "Unknown":
        return "Under way" if it.kind == "job" else "Unknown"
    approved, stalled, busy = it.condition("Approved"), it.condition("Stalled"), it.condition("Reconciling")
    if main.reason == "NoNodeFits" or (approved and approved.status != "True"):
        return "Pending"
    if stalled and stalled.status == "True":
        return "Stuck"
    return "Under way" if busy and busy.status == "True" else "Not ready"


def _created(it: Seen) -> str:
    return one_line(it.metadata.get("creationTimestamp"))


def _without_command(message: str) -> tuple[str, bool]:
    """The ledger's sentence without the command that it ends with, and whether it had one."""
    sentence, found, _ = message.partition(". Approve anyway: ")
    return (f"{sentence}.", True) if found else (message, False)


def _conditions(it: Seen, main: Condition) -> list[str]:
    """Conditions that say something that the main one does not; those as they should be say nothing."""
    found = []
    for each in it.conditions:
        wanted = "False" if each.type in GOOD_WHEN_FALSE else "True"
        if each.status == wanted or each.type in PART_OF_READY or each.message == main.message:
            continue
        found.append(f"{each.type} is {each.status}: {each.reason}. {each.message}".rstrip(". "))
    return found


def _waiting(it: Seen) -> list[Mapping[str, Any]]:
    found = it.status.get("placement")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _placements(it: Seen) -> list[str]:
    lines = []
    for each in _waiting(it):
        message = one_line(each.get("message"))
        lines += [f"{one_line(each.get('resource')).replace('/', ' ')}: {_headline(message)}", f"  {_counts(message)}"]
    return [line for line in lines if line.strip()]


def _headline(message: str) -> str:
    """`no node fits. 12 nodes in region eu:` of the placement's sentence."""
    head, colon, reasons = message.partition(": ")
    return f"{head}:" if colon and reasons[:1].isdigit() else message


def _counts(message: str) -> str:
    """`7 too little memory   3 cordoned` of the placement's sentence."""
    _, colon, reasons = message.partition(": ")
    return "   ".join(reasons.split(", ")) if colon and reasons[:1].isdigit() else ""


def _children(children: Sequence[Seen], now: datetime) -> list[str]:
    lines = []
    for each in children:
        ready = each.condition("Ready")
        if ready is None or ready.status == "True":
            continue
        words = f"{ready.reason}. {ready.message}".rstrip(". ")
        lines.append(f"{each.kind} {each.name}: {words}, since {ago(ready.since, now)}")
    more = len(lines) - SHOWN_CHILDREN
    return [*lines[:SHOWN_CHILDREN], f"and {more} more"] if more > 0 else lines


def _deployment(it: Seen) -> list[str]:
    accepted, counts = it.status.get("accepted"), it.status.get("counts")
    if not isinstance(accepted, Mapping):
        return []
    signers = ", ".join(str(each) for each in accepted.get("signers") or ())
    ready = f", {counts.get('summary')} machines ready" if isinstance(counts, Mapping) else ""
    lines = [f"revision {accepted.get('revision')} runs, signed by {signers}{ready}"]
    if it.spec.get("revision") != accepted.get("revision"):
        lines.append(f"revision {it.spec.get('revision')}, which was applied, is not accepted")
    return lines


def _workload(it: Seen) -> list[str]:
    parts = [f"on node {it.spec.get('node')}"]
    if it.kind == "volume":
        parts.append(_size(it.spec.get("size")))
    if it.status.get("address"):
        parts.append(f"address {it.status['address']}")
    restarts = it.status.get("restarts")
    if isinstance(restarts, int) and restarts:
        parts.append(f"restarted {counted(restarts, 'time')}")
    return [f"deployment {it.spec.get('deployment')}, {', '.join(part for part in parts if part)}"]


def _given(it: Seen) -> list[str]:
    """What it gives to machines, and where it is."""
    capacity = it.status.get("capacity")
    if not isinstance(capacity, Mapping):
        return []
    size = f"{capacity.get('cpus')} cpus, memory {_size(capacity.get('memory'))}, disk {_size(capacity.get('disk'))}"
    machines = it.status.get("machines")
    runs = f"runs {counted(machines, 'machine')}; " if isinstance(machines, int) else ""
    place = ", ".join(f"{part} {it.status[part]}" for part in ("region", "site", "address") if it.status.get(part))
    return [f"{runs}{size}{'; ' if place else ''}{place}"]


def _node(it: Seen) -> list[str]:
    registered = it.condition("Registered")
    return [*_given(it), *([registered.message] if registered and registered.message else [])]


def _job(it: Seen) -> list[str]:
    plan = it.spec.get("plan")
    of = f" for deployment {plan.get('deployment')}" if isinstance(plan, Mapping) else ""
    return [f"attempt {it.status.get('attempt', 1)} on node {it.spec.get('node')}{of}".rstrip()]


def _size(value: Any) -> str:
    return format_quantity(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


_DETAILS: Mapping[str, Callable[[Seen], list[str]]] = {
    "deployment": _deployment,
    "machine": _workload,
    "volume": _workload,
    "node": _node,
    "job": _job,
}
