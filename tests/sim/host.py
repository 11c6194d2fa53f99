"""The machine below: `node_agent.memory_host`, made slow and fallible; it outlives the processes on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from node_agent.errors import NodeError, StepFailed, TryAgain
from node_agent.executor.goal import MachineGoal
from node_agent.executor.host import Power
from node_agent.memory_host import MemoryHost
from tests.sim import threads
from tests.sim.history import History
from tests.sim.weather import Weather, short

TYPICAL_SECONDS = {"fetch": 3.0, "root": 0.3, "start": 0.4, "stop": 0.8, "create": 0.2, "grow": 0.1}
OTHERWISE_SECONDS = 0.02


@dataclass
class Host(MemoryHost):
    """`Host` of one node. Every real change is an entry of the history, whether anyone lives to hear of it or not."""

    node: str = ""
    history: History | None = None
    weather: Weather | None = None
    goals: dict[str, MachineGoal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.weather is not None
        self._random = self.weather.source(f"sal/{self.node}")
        self.before = self._begin

    def _begin(self, effect: str, name: str) -> None:
        """An effect takes its time, may fail, and may find its process dead when it is over."""
        thread = threads.current()
        thread.process.write(f"{effect} {name}", "before")
        threads.sleep(short(self._random, TYPICAL_SECONDS.get(effect, OTHERWISE_SECONDS)))
        thread.process.check()
        if self.weather and self.weather.sal_failing and self._random.random() < self.weather.sal_failing:
            raise self._failure(effect)

    def _failure(self, effect: str) -> NodeError:
        if self._random.random() < 0.5:
            return TryAgain("HostBusy", f"{effect} timed out")
        return StepFailed("HostFailed", f"{effect} failed")

    def _effect(self, effect: str, name: str, change: Callable[[], None]) -> None:
        self.before(effect, name)
        roots = self.machine(name).roots
        change()
        assert self.history is not None
        self.history.note(self.node, f"sal.{effect}", name, **self._details(effect, name, roots))
        threads.current().process.write(f"{effect} {name}", "after")

    def _details(self, effect: str, name: str, roots: frozenset[str]) -> dict[str, Any]:
        if effect == "start":
            goal = self.started[name]
            values = {"cpus": goal.cpus, "memory": goal.memory, "disk": goal.disk, "image": goal.image.sha256}
            return {"launch": goal.launch, **values, "drives": [each.host_name for each in goal.seed.drives]}
        if effect in ("create", "grow", "restore"):
            return {"size": self.volumes[name]}
        return {"again": self.machine(name).roots == roots} if effect == "root" else {}

    def lose_power(self) -> None:
        """What a reboot leaves: disks; no process, no port."""
        for name in list(self.machines):
            self._set(name, power=Power.OFF, port=False)

    def end_guest(self, name: str, *, crashed: bool) -> None:
        """The guest ends by itself."""
        assert self.history is not None
        self._set(name, power=Power.CRASHED if crashed else Power.OFF)
        self.history.note(self.node, "guest ended", name, crashed=crashed)

    @property
    def running(self) -> list[str]:
        """Machines that run, by host name."""
        return sorted(name for name, facts in self.machines.items() if facts.power is Power.RUNNING)
