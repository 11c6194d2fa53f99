"""Looks for what somebody changed by hand, and undoes it where no data can be lost: the effects of `drift`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from node_agent.errors import NodeError
from node_agent.executor import drift
from node_agent.executor.drift import Drift, Mend
from node_agent.executor.health import Health
from node_agent.executor.keeping import put_off
from node_agent.executor.machine import reach
from node_agent.executor.resources import Key, Resource
from node_agent.executor.work import Tools
from trust.report import RowState

log = logging.getLogger(__name__)
CUT_OFF = "somebody took away its network port, and a running guest cannot be given another"


@dataclass
class Repair:
    """Repairs one thing at a time; whoever calls holds the lock of the resource."""

    tools: Tools
    health: Health
    _down: dict[Key, str] = field(default_factory=dict, init=False)

    def network(self) -> None:
        """Bridge, filter and routes. What fails is told, and does not keep anybody from looking after machines."""
        try:
            for each in self.tools.host.ensure_network():
                log.warning("mended: %s", each)
                self.tools.effects.note("network.mend", each)
            self.health.clear("network")
        except NodeError as error:
            self.health.found("network", "NetworkBroken", error.message)

    def disk(self) -> None:
        """The pool's room."""
        try:
            full = self.tools.host.fullness()
        except NodeError as error:
            self.health.found("disk", "Troubled", error.message)
            return
        if full > drift.FULL:
            self.health.found("disk", "DiskFull", f"{full:.0%} of the disk are taken: guests that need room wait")
        else:
            self.health.clear("disk")

    def volume(self, resource: Resource) -> None:
        """A volume of the table."""
        if resource.removing:
            return
        host, name = self.tools.host, resource.assignment.host_name
        state = host.volume_state(name)
        found = drift.volume(resource.assignment.volume.size, state)
        self._mend(resource, found, {
            Mend.RENAME: lambda: host.rename_back(state.elsewhere[0], name),
            Mend.RESET: lambda: host.mend_volume(name),
        })  # fmt: skip
        self._tell(resource, found, "present")

    def machine(self, resource: Resource) -> None:
        """A machine that runs: its guest, its port, its disks. Raises StepFailed or TryAgain."""
        host, name, clock = self.tools.host, resource.assignment.host_name, self.tools.clock
        found = drift.guest(host.trouble(name), host.fullness())
        self._mend(resource, found, {Mend.RESUME: lambda: host.resume(name)})
        if not host.machine(name).attached and not found.trouble:
            if resource.assignment.machine.restart != "never":
                self.tools.resources.put(put_off(resource, CUT_OFF, clock.timestamp(), clock.elapsed()))
                return
            found = Drift(trouble=f"{CUT_OFF}; restart: never", down=True)
        self._tell(resource, found, "running")
        reach(resource.assignment, self.tools)

    def is_down(self, key: Key) -> bool:
        """Whether the process of this machine runs without the guest being of use, as the last repair found."""
        return key in self._down

    def forget(self, key: Key) -> None:
        """The machine's process has gone, and with it what was wrong with it."""
        self._down.pop(key, None)

    def _mend(self, resource: Resource, found: Drift, acts: dict[Mend, Callable[[], None]]) -> None:
        for each in found.mends:
            acts[each]()
            log.warning("%s %s: somebody had changed it by hand", each.value, resource.key)
            self.tools.effects.note(each.value, str(resource.key), host=resource.assignment.host_name)

    def _tell(self, resource: Resource, found: Drift, well: RowState) -> None:
        if found.down:
            self._down[resource.key] = found.trouble
        else:
            self._down.pop(resource.key, None)
        state: RowState = "failed" if found.down else well
        self.tools.resources.put(resource.seen(state, self.tools.clock.timestamp(), message=found.trouble))
