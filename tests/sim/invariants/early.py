"""A deployment is Ready only after every machine of the accepted plan was started as that plan says."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sim.invariants.scan import started
from tests.sim.truth import Subject, Values, values_of
from tests.sim.world import DEPLOYMENTS, World


def check(world: World) -> Iterator[str]:
    """A sentence for each status that came too early."""
    truth = world.truth
    latest: dict[Subject, Values] = {}
    keys = {f"{DEPLOYMENTS} {key}": key for key in truth.signed}
    for entry in world.history.entries:
        if entry.what == "sal.start" and entry.subject in truth.subjects:
            latest[truth.subjects[entry.subject]] = started(entry)
        if entry.who != "api" or entry.subject not in keys or entry.details.get("ready") != "True":
            continue
        key, accepted = keys[entry.subject], entry.details["accepted"]
        for each in truth.signed[key][accepted].resources:
            subject = Subject(key, each.kind, each.name)
            newest = max((revision for at, revision in truth.applied[key] if at <= entry.at), default=accepted)
            if each.kind != "machine" or _fits(world, subject, latest.get(subject), accepted, newest):
                continue
            runs, wanted = latest.get(subject), values_of(each.item)
            yield f"{entry.at:.3f}: {key} is Ready at revision {accepted}; {subject} is to be {wanted}, is {runs}"


def _fits(world: World, subject: Subject, runs: Values | None, accepted: int, newest: int) -> bool:
    """Whether it runs as of this revision, or of one that came while the status was on its way."""
    found = world.truth.revisions_with(subject, runs) if runs is not None else []
    return any(accepted <= each <= newest for each in found)
