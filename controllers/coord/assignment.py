"""Picks the supervisor that serves a deployment. Pure: region, liveness, load, then a stable hash.

An assignment stays while its supervisor lives; nothing that already has a node moves to another supervisor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from crds.deployment_conditions import Reason

LOAD_STEP = 50


@dataclass(frozen=True)
class Candidate:
    """A supervisor as coord sees it: its region, whether its lease is fresh, how many deployments it serves."""

    name: str
    region: str
    listed: bool
    alive: bool
    deployments: int


@dataclass(frozen=True)
class Subject:
    """A deployment: where it may be, who serves it, and whether anything of it has a node yet."""

    namespace: str
    name: str
    region: str
    supervisor: str
    epoch: int
    placed: bool


@dataclass(frozen=True)
class Assignment:
    """The outcome: `supervisor` is empty when there is none to be had."""

    supervisor: str
    epoch: int
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str


def assign(subject: Subject, candidates: Iterable[Candidate]) -> Assignment:
    """Who serves the deployment now, with the reason when nobody can."""
    known = {candidate.name: candidate for candidate in candidates}
    current = known.get(subject.supervisor)
    if current is not None and (subject.placed or _fits(current, subject)):
        return _to(current.name, subject.epoch, alive=current.alive)
    if subject.placed and subject.supervisor:
        message = f"{subject.supervisor} is not listed by the trust snapshot any more; what runs is kept"
        return Assignment(subject.supervisor, subject.epoch, "Unknown", Reason.NO_SUPERVISOR, message)
    fitting = [candidate for candidate in known.values() if _fits(candidate, subject)]
    if not fitting:
        return Assignment(
            subject.supervisor, subject.epoch, "False", Reason.NO_SUPERVISOR, _nobody(subject, known.values())
        )
    best = min(fitting, key=lambda candidate: (candidate.deployments // LOAD_STEP, _hash(subject, candidate)))
    return _to(best.name, subject.epoch + 1, alive=True)


def _fits(candidate: Candidate, subject: Subject) -> bool:
    return candidate.listed and candidate.alive and subject.region in ("", candidate.region)


def _to(name: str, epoch: int, *, alive: bool) -> Assignment:
    message = f"served by {name}" if alive else f"served by {name}, which has not renewed its lease; what runs is kept"
    return Assignment(
        name, epoch, "True" if alive else "Unknown", Reason.ASSIGNED if alive else Reason.NO_SUPERVISOR, message
    )


def _nobody(subject: Subject, candidates: Iterable[Candidate]) -> str:
    regions = sorted({candidate.region for candidate in candidates if candidate.listed and candidate.alive})
    wanted = f"region {subject.region}" if subject.region else "any region"
    have = (
        f"regions with one: {', '.join(regions)}" if regions else "none is alive: start one with `hardpan supervisor`"
    )
    return f"no supervisor for {wanted}; {have}"


def _hash(subject: Subject, candidate: Candidate) -> str:
    return hashlib.sha256(f"{subject.namespace}/{subject.name}\0{candidate.name}".encode()).hexdigest()
