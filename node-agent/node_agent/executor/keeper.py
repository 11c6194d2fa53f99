"""Keeps running alone what the node was told to run: restarts by policy, repairs, and restores after a reboot.

The decision is pure (`keep`); acting on it is the same plan that the verb uses.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Literal

from node_agent.errors import NodeError
from node_agent.executor.host import Power
from node_agent.executor.locks import Locks
from node_agent.executor.machine import reach
from node_agent.executor.resources import Resource
from node_agent.executor.work import Tools

log = logging.getLogger(__name__)
LONGEST_BACK_OFF = 60.0
STABLE_SECONDS = 60.0
REPAIR_SECONDS = 15.0

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
    if power is Power.RUNNING and seen.state not in ("starting", "restarting"):
        return Verdict(_running(resource, now, elapsed))
    if seen.state == "running":
        return Verdict(_ended(resource, power, policy, now, elapsed))
    if seen.state in ("starting", "restarting") and elapsed >= seen.retry_at:
        return Verdict(resource, start=True)
    return Verdict(resource)


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
    return put_off(resource, how, now, elapsed)


def put_off(resource: Resource, why: str, now: str, elapsed: float) -> Resource:
    """The machine waits for its next start, longer after each failure."""
    failures = resource.observation.failures + 1
    pause = back_off(failures)
    message = f"{why}; next start in {pause:.0f} s"
    return resource.seen("restarting", now, failures=failures, retry_at=elapsed + pause, message=message)


def after_boot(resource: Resource, now: str) -> Resource:
    """What ran when the machine went down starts at once; what had ended stays down."""
    if resource.assignment.kind != "machine" or resource.observation.state not in ("running", "restarting"):
        return resource
    return resource.seen("starting", now, failures=0, retry_at=0.0, message="")


@dataclass
class Keeper:
    """The watch over all machines of the table. `boot` names this start of the machine."""

    tools: Tools
    locks: Locks
    boot: str
    _repaired: float = field(default=float("-inf"), init=False)

    def restore(self) -> None:
        """To be called once before anything else: after a reboot nothing runs, whatever the table says."""
        store = self.tools.store
        if store.fact("boot") == self.boot.encode():
            return
        with store.transaction():
            for resource in self.tools.resources.all():
                self.tools.resources.put(after_boot(resource, self.tools.clock.timestamp()))
            store.keep_fact("boot", self.boot.encode())

    def pass_once(self) -> None:
        """Looks at every machine once; what a runner works on is left to the runner."""
        elapsed = self.tools.clock.elapsed()
        repair = elapsed >= self._repaired + REPAIR_SECONDS
        if repair:
            self._repaired = elapsed
            self.tools.host.ensure_network()
        for resource in self.tools.resources.all():
            if resource.assignment.kind == "machine":
                self._tend(resource, repair)

    def _tend(self, resource: Resource, repair: bool) -> None:
        with self.locks.attempt(resource.key) as held:
            current = self.tools.resources.get(resource.key) if held else None
            if current is None:
                return
            try:
                self._apply(current, repair)
            except NodeError as error:
                log.warning("%s: %s: %s", current.key, error.reason, error)

    def _apply(self, resource: Resource, repair: bool) -> None:
        clock = self.tools.clock
        power = self.tools.host.power(resource.assignment.host_name)
        verdict = keep(resource, power, clock.timestamp(), clock.elapsed())
        self.tools.resources.put(verdict.resource)
        if verdict.start:
            self._start(verdict.resource, power)
        elif repair and power is Power.RUNNING and not resource.removing:
            reach(verdict.resource.assignment, self.tools)

    def _start(self, resource: Resource, power: Power) -> None:
        clock, seen = self.tools.clock, resource.observation
        again = seen.state == "restarting" and power is not Power.RUNNING
        starting = resource.seen("starting", clock.timestamp(), restarts=seen.restarts + again)
        self.tools.resources.put(starting)
        try:
            reach(resource.assignment, self.tools)
        except NodeError as error:
            self.tools.resources.put(put_off(starting, error.message, clock.timestamp(), clock.elapsed()))
            raise
