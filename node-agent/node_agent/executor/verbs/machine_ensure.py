"""machine.ensure: the machine runs as its item says; when that cannot be, what ran before goes on.

Changed processors or memory restart it, a changed image rebuilds its root disk, an unchanged item has no effect.
"""

from __future__ import annotations

from collections.abc import Iterable

from node_agent.errors import StepFailed
from node_agent.executor.machine import reach
from node_agent.executor.resources import Assignment, Key, Resource
from node_agent.executor.work import Tools, Verb, Work
from trust.registration import Capacity


def perform(work: Work, tools: Tools) -> bool:
    """Reaches the assignment."""
    assert work.assignment is not None
    others = [each for each in tools.resources.all() if each.key != work.key]
    require_volumes(work.assignment, others)
    require_room(work.assignment, others, tools.capacity())
    return reach(work.assignment, tools)


def require_volumes(assignment: Assignment, others: Iterable[Resource]) -> None:
    """StepFailed unless every volume of the item is on this node, for the same deployment."""
    here = {each.key for each in others if each.assignment.deployment == assignment.deployment and not each.removing}
    for reference in assignment.machine.volumes:
        if Key("volume", assignment.namespace, reference.volume) not in here:
            raise StepFailed("VolumeMissing", f"volume {reference.volume} of {assignment.name} is not on this node")


def require_room(assignment: Assignment, others: Iterable[Resource], capacity: Capacity) -> None:
    """StepFailed when processors or memory of all machines together would exceed what the node can give."""
    machines = [each.assignment.machine for each in others if each.assignment.kind == "machine"]
    wanted = assignment.machine
    for what in ("cpus", "memory"):
        given, most = sum(getattr(each, what) for each in machines), getattr(capacity, what)
        if given + getattr(wanted, what) > most:
            free = max(0, most - given)
            raise StepFailed(
                "NoRoom", f"machine {assignment.name} needs {what} {getattr(wanted, what)}, {free} are free"
            )


VERB = Verb("machine", "ensure", perform)
