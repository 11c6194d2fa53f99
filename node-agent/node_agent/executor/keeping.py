"""When a machine is started again: by its policy, after growing pauses, and seldom once it never lasted. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from node_agent.clock import render
from node_agent.executor.host import Power
from node_agent.executor.resources import Resource

LONGEST_BACK_OFF = 60.0
STABLE_SECONDS = 60.0
LIMIT = 20
SELDOM_SECONDS = 3600.0

Policy = Literal["always", "on-failure", "never"]


@dataclass(frozen=True)
class Verdict:
    """What to do about a machine: start it now, and the table's line as it should read."""

    resource: Resource
    start: bool = False


def back_off(failures: int) -> float:
    """Seconds to wait before a start after so many that did not last: 1, 2, 4 … 60."""
    return min(LONGEST_BACK_OFF, 2.0 ** max(0, failures - 1))


def keep(resource: Resource, power: Power, now: str, elapsed: float) -> Verdict:
    """What a machine needs. `now` is wall time for the table, `elapsed` seconds since boot for the back-off.

    A process that runs while its start is not concluded may be the one from before a change: the start is finished.
    """
    seen, policy = resource.observation, resource.assignment.machine.restart
    if resource.removing:
        return Verdict(resource)
    if power is Power.RUNNING and not unconcluded(resource):
        return Verdict(_running(resource, now, elapsed))
    if seen.state == "running":
        return Verdict(_ended(resource, power, policy, now, elapsed))
    waits = ("starting", "restarting") if policy == "never" else ("starting", "restarting", "failed")
    return Verdict(resource, start=seen.state in waits and elapsed >= seen.retry_at)


def unconcluded(resource: Resource) -> bool:
    """Whether a start is due or under way; what runs meanwhile may be from before a change."""
    return resource.observation.state in ("starting", "restarting")


def _running(resource: Resource, now: str, elapsed: float) -> Resource:
    seen = resource.observation
    if seen.state != "running":
        return resource.seen("running", now, retry_at=elapsed, message="")
    if seen.failures and elapsed >= seen.retry_at + STABLE_SECONDS:
        return resource.seen("running", now, failures=0)
    return resource


def _ended(resource: Resource, power: Power, policy: Policy, now: str, elapsed: float) -> Resource:
    how = "the guest crashed" if power is Power.CRASHED else "the guest powered off"
    if policy == "never" or (policy == "on-failure" and power is Power.OFF):
        return resource.seen(
            "failed" if power is Power.CRASHED else "stopped", now, message=f"{how}; restart: {policy}"
        )
    if resource.observation.failures + 1 >= LIMIT:
        return given_up(resource, how, now, elapsed)
    return put_off(resource, how, now, elapsed)


def put_off(resource: Resource, why: str, now: str, elapsed: float) -> Resource:
    """The machine waits for its next start, longer after each failure."""
    failures = resource.observation.failures + 1
    pause = back_off(failures)
    message = f"{why}; next start in {pause:.0f} s, at {_later(now, pause)} ({failures} did not last)"
    return resource.seen("restarting", now, failures=failures, retry_at=elapsed + pause, message=message)


def given_up(resource: Resource, how: str, now: str, elapsed: float) -> Resource:
    """A machine that never lasts is tried seldom from here on: what it misses may come back, and nobody has to ask."""
    failures = resource.observation.failures + 1
    message = (
        f"{how}; {failures} starts in a row did not last a minute, so it is tried once an hour, next at"
        f" {_later(now, SELDOM_SECONDS)}: look at its console; a signed change starts it at once"
    )
    return resource.seen("failed", now, failures=failures, retry_at=elapsed + SELDOM_SECONDS, message=message)


def after_boot(resource: Resource, now: str) -> Resource:
    """What ran when the machine went down starts at once, as what was tried again; what had ended stays down.

    A start under way is due at once too: when it was due before is a time of the last boot.
    """
    if resource.assignment.kind != "machine":
        return resource
    tried = (
        "running",
        "starting",
        "restarting",
        *(() if resource.assignment.machine.restart == "never" else ("failed",)),
    )
    if resource.observation.state not in tried:
        return resource
    return resource.seen("starting", now, failures=0, retry_at=0.0, message="")


def _later(now: str, seconds: float) -> str:
    return render(datetime.fromisoformat(now) + timedelta(seconds=seconds))
