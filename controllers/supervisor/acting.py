"""What the log tells of actions: whom each concerns, and which are worth a line of their own. Pure."""

from __future__ import annotations

import logging

from controllers.supervisor.actions import (
    Action,
    Create,
    CreateJob,
    Delete,
    Enqueue,
    Forget,
    Raise,
    Release,
    Remove,
    Supersede,
    Update,
)


def level(action: Action) -> int:
    """Changes are told; what every reconcile repeats while it waits is not."""
    return logging.DEBUG if isinstance(action, Enqueue | Remove | Forget) else logging.INFO


def subject(action: Action) -> dict[str, str]:
    """The ids of what an action concerns."""
    match action:
        case Create(want, node):
            return {want.kind: want.name, "node": node}
        case Update(placed) | Raise(placed) | Delete(placed) | Remove(placed) | Release(placed):
            return {placed.kind: placed.name, "node": placed.node}
        case CreateJob(_, node):
            return {"node": node}
        case Enqueue(job) | Supersede(job) | Forget(job):
            return {"job": job.uid, "attempt": str(job.attempt), "node": job.node}
