"""From objects that their nodes do not match yet to jobs and removals. Pure.

At most one open job per node; a job whose steps are no longer wanted is superseded before the next is made.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from controllers.supervisor.actions import Action, CreateJob, Enqueue, Forget, Release, Remove, Supersede
from controllers.supervisor.model import OpenJob, Placed, Snapshot
from controllers.supervisor.orders import LONGEST_BACK_OFF
from crds.job import Step

STEPS_PER_JOB = 32
KEPT_SUCCEEDED = 3
KEPT_FAILED = 5


def plan(snapshot: Snapshot) -> list[Action]:
    """The work that is due: open jobs re-placed, stale ones superseded, new ones made, removals driven."""
    open_jobs = [job for job in snapshot.jobs if job.succeeded is None]
    stale = [job for job in open_jobs if not _wanted(job, snapshot) or _outgrown(job, snapshot)]
    actions: list[Action] = [Supersede(job) for job in stale]
    actions += [Enqueue(job) for job in open_jobs if job not in stale and _due(job, snapshot)]
    if not snapshot.suspended and snapshot.accepted is not None and not snapshot.deleting:
        actions += _new_jobs(snapshot, {job.node for job in open_jobs})
    return actions + _removals(snapshot) + _surplus(snapshot)


def soonest(snapshot: Snapshot) -> datetime | None:
    """When the first retry falls due that is not due yet."""
    retries = [job.next_attempt for job in snapshot.jobs if job.succeeded is None]
    retries += [placed.next_attempt for placed in snapshot.placed if placed.deleting]
    return min((each for each in retries if each is not None and each > snapshot.now), default=None)


def _wanted(job: OpenJob, snapshot: Snapshot) -> bool:
    return all(_step_wanted(step, snapshot) for step in job.steps)


def _outgrown(job: OpenJob, snapshot: Snapshot) -> bool:
    """A job that failed makes room for one that also does what came up since; it may be what it lacked."""
    steps = {(step.kind, step.name) for step in job.steps}
    unsettled = _unsettled(snapshot).get(job.node, []) if job.attempt > 1 and len(steps) < STEPS_PER_JOB else []
    return any(placed.key not in steps for placed in unsettled)


def _step_wanted(step: Step, snapshot: Snapshot) -> bool:
    placed = snapshot.find((step.kind, step.name))
    return (
        placed is not None
        and not placed.deleting
        and (placed.epoch, placed.generation) == (step.epoch, step.generation)
        and (snapshot.accepted is None or _at_plan(placed, snapshot))
    )


def _due(work: OpenJob | Placed, snapshot: Snapshot) -> bool:
    """Its time has come, and its node may be ordered something: orders go to nodes that are approved only.

    A time further away than any back-off is no promise: the clock that it was read from was wrong.
    """
    node = snapshot.nodes.get(work.node)
    left = work.next_attempt - snapshot.now if work.next_attempt else timedelta()
    return node is not None and node.certified and not timedelta() < left <= LONGEST_BACK_OFF


def _new_jobs(snapshot: Snapshot, busy: set[str]) -> list[Action]:
    by_node = _unsettled(snapshot)
    return [_job(node, unsettled, snapshot) for node, unsettled in sorted(by_node.items()) if node not in busy]


def _unsettled(snapshot: Snapshot) -> dict[str, list[Placed]]:
    """What can be ordered now, by node."""
    by_node: dict[str, list[Placed]] = defaultdict(list)
    for placed in snapshot.placed:
        if not placed.deleting and not placed.settled and _can_be_ordered(placed, snapshot):
            by_node[placed.node].append(placed)
    return by_node


def _can_be_ordered(placed: Placed, snapshot: Snapshot) -> bool:
    return _at_plan(placed, snapshot) and _has_disks(placed, snapshot) and _due(placed, snapshot)


def _has_disks(placed: Placed, snapshot: Snapshot) -> bool:
    """A machine is ordered with or after its volumes: a node would refuse it, and its job stand in their way."""
    volumes = [snapshot.find(("volume", name)) for name in placed.volumes]
    return all(each is not None and each.node == placed.node and not each.deleting for each in volumes)


def _at_plan(placed: Placed, snapshot: Snapshot) -> bool:
    """Only what the accepted plan asks for can be ordered: the node takes every value from that plan."""
    want = snapshot.accepted.want(placed.key) if snapshot.accepted else None
    return want is not None and want.digest == placed.item


def _job(node: str, unsettled: Iterable[Placed], snapshot: Snapshot) -> CreateJob:
    ordered = sorted(unsettled, key=lambda each: (each.kind != "volume", each.name))[:STEPS_PER_JOB]
    steps = tuple(
        Step(kind=each.kind, name=each.name, verb="ensure", epoch=each.epoch, generation=each.generation)
        for each in ordered
    )
    earlier = sorted(job.uid for job in snapshot.jobs if job.node == node and job.succeeded is not None)
    revision = snapshot.accepted.revision if snapshot.accepted else 0
    identity = "\n".join([snapshot.uid, node, str(revision), *map(str, steps), *earlier])
    return CreateJob(f"{snapshot.name}-{hashlib.sha256(identity.encode()).hexdigest()[:10]}", node, steps)


def _removals(snapshot: Snapshot) -> list[Action]:
    held = {volume for placed in snapshot.placed if _may_hold_disks(placed, snapshot) for volume in placed.volumes}
    actions: list[Action] = []
    for placed in _last_first(snapshot.placed):
        if not placed.deleting or (placed.kind == "volume" and placed.name in held):
            continue
        if placed.node not in snapshot.nodes:
            actions.append(Release(placed))
        elif placed.uid not in snapshot.halted and _due(placed, snapshot):
            actions.append(Remove(placed))
    return actions


def _may_hold_disks(placed: Placed, snapshot: Snapshot) -> bool:
    """Not a machine that its node lacks and nobody ordered: it waits for the volume itself, which has to go first."""
    ordered = any(
        (step.kind, step.name) == placed.key for job in snapshot.jobs if job.succeeded is None for step in job.steps
    )
    is_new = placed.reported and placed.row is None and not placed.deleting and not ordered
    return placed.kind == "machine" and not is_new


def _last_first(placed: Iterable[Placed]) -> list[Placed]:
    """Machines before volumes, each from the last name to the first."""
    return sorted(sorted(placed, key=lambda each: each.name, reverse=True), key=lambda each: each.kind)


def _surplus(snapshot: Snapshot) -> list[Action]:
    finished = sorted((job for job in snapshot.jobs if job.succeeded is not None), key=lambda job: job.finished)
    succeeded = [job for job in finished if job.succeeded]
    failed = [job for job in finished if not job.succeeded]
    if snapshot.deleting:
        return [Forget(job) for job in finished]
    return [Forget(job) for job in succeeded[:-KEPT_SUCCEEDED] + failed[:-KEPT_FAILED]]
