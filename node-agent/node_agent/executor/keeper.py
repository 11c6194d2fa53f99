"""Keeps running alone what the node was told to run: restarts by policy, repairs, and restores after a reboot.

Decisions are pure (`keeping`, `drift`); acting on them is the same plan that the verb uses.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from node_agent.errors import NodeError
from node_agent.executor.health import Health
from node_agent.executor.host import Power
from node_agent.executor.keeping import after_boot, keep, put_off, unconcluded
from node_agent.executor.locks import Locks
from node_agent.executor.machine import reach
from node_agent.executor.repair import Repair
from node_agent.executor.resources import Resource
from node_agent.executor.work import Tools

log = logging.getLogger(__name__)
REPAIR_SECONDS = 15.0


@dataclass
class Keeper:
    """The watch over everything of the table. `boot` names this start of the machine."""

    tools: Tools
    locks: Locks
    boot: str
    health: Health = field(default_factory=Health)
    _repaired: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        self.repair = Repair(self.tools, self.health)

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
        """Looks at every machine once, and each 15 s for drift; what a runner works on is left to the runner."""
        elapsed = self.tools.clock.elapsed()
        repair = elapsed >= self._repaired + REPAIR_SECONDS
        if repair:
            self._repaired = elapsed
            self.repair.network()
            self.repair.disk()
        for resource in self.tools.resources.all():
            if repair or resource.assignment.kind == "machine":
                self._tend(resource, repair)

    def _tend(self, resource: Resource, repair: bool) -> None:
        with self.locks.attempt(resource.key) as held:
            current = self.tools.resources.get(resource.key) if held else None
            if current is None:
                return
            try:
                if current.assignment.kind == "volume":
                    self.repair.volume(current)
                else:
                    self._apply(current, repair)
            except NodeError as error:
                log.warning("%s: %s: %s", current.key, error.reason, error)

    def _apply(self, resource: Resource, repair: bool) -> None:
        clock = self.tools.clock
        power = self.tools.host.power(resource.assignment.host_name)
        if power is not Power.RUNNING:
            self.repair.forget(resource.key)
        elif self.repair.is_down(resource.key) and not repair:
            return
        verdict = keep(resource, power, clock.timestamp(), clock.elapsed())
        if verdict.start:
            self.tools.resources.put(verdict.resource)
            self._start(verdict.resource, power)
        elif repair and power is Power.RUNNING and not resource.removing and not unconcluded(verdict.resource):
            self.repair.machine(verdict.resource)
        else:
            self.tools.resources.put(verdict.resource)

    def _start(self, resource: Resource, power: Power) -> None:
        clock, seen = self.tools.clock, resource.observation
        again = seen.state in ("restarting", "failed") and power is not Power.RUNNING
        starting = resource.seen("starting", clock.timestamp(), restarts=seen.restarts + again)
        self.tools.resources.put(starting)
        try:
            reach(resource.assignment, self.tools)
        except NodeError as error:
            self.tools.resources.put(put_off(starting, error.message, clock.timestamp(), clock.elapsed()))
            raise
