"""A host in memory: machines that nobody runs, for tests, and for `helm test`, whose node proves the way to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from node_agent.errors import NodeError, StepFailed, TryAgain
from node_agent.executor.goal import MachineGoal
from node_agent.executor.host import MachineFacts, Orphan, Power
from sal.hypervisor import Trouble
from sal.images import Held
from sal.pool import VolumeState


@dataclass
class MemoryHost:
    """A host in memory. `before` and `after` are called around each effect, to crash there or to fail."""

    machines: dict[str, MachineFacts] = field(default_factory=dict)
    volumes: dict[str, int] = field(default_factory=dict)
    bin: dict[str, int] = field(default_factory=dict)
    binned: int = 0
    images: set[str] = field(default_factory=set)
    image_used: dict[str, float] = field(default_factory=dict)
    full: float = 0.0
    lacking: str = ""
    network: tuple[str, ...] = ()
    orphaned: set[Orphan] = field(default_factory=set)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    touched: dict[str, VolumeState] = field(default_factory=dict)
    effects: list[tuple[str, str]] = field(default_factory=list)
    announced: dict[tuple[str, str], int] = field(default_factory=dict)
    started: dict[str, MachineGoal] = field(default_factory=dict)
    failures: dict[str, NodeError] = field(default_factory=dict)
    before: Callable[[str, str], None] = lambda effect, name: None
    after: Callable[[str, str], None] = lambda effect, name: None

    def _effect(self, effect: str, name: str, change: Callable[[], None]) -> None:
        self.before(effect, name)
        if effect in self.failures:
            raise self.failures[effect]
        change()
        self.effects.append((effect, name))
        self.after(effect, name)

    def _set(self, name: str, **changes: object) -> None:
        self.machines[name] = replace(self.machine(name), **changes)  # type: ignore[arg-type]

    def ensure_network(self) -> tuple[str, ...]:
        """See Host; this one has no bridge, only words about it."""
        if "network" in self.failures:
            raise self.failures["network"]
        said, self.network = self.network, ()
        return said

    def orphans(self, wanted: frozenset[str]) -> tuple[Orphan, ...]:
        """See Host; whoever needs some puts them into `orphaned`."""
        return tuple(sorted(each for each in self.orphaned if each.name not in wanted))

    def remove_orphan(self, orphan: Orphan) -> None:
        """See Host."""
        self._effect("remove orphan", orphan.name, lambda: self.orphaned.remove(orphan))

    def trouble(self, host_name: str) -> Trouble | None:
        """See MachineHost."""
        return self.troubles.get(host_name) if self.power(host_name) is Power.RUNNING else None

    def resume(self, host_name: str) -> None:
        """See MachineHost."""
        self._effect("resume", host_name, lambda: self.troubles.__delitem__(host_name))

    def machine(self, host_name: str, address: str = "") -> MachineFacts:
        """See MachineHost."""
        return self.machines.get(host_name, MachineFacts())

    def power(self, host_name: str) -> Power:
        """See MachineHost."""
        return self.machine(host_name).power

    def has_image(self, sha256: str) -> bool:
        """See MachineHost."""
        return sha256 in self.images

    def images_held(self) -> tuple[Held, ...]:
        """See MachineHost; one whose last use no test gave was used at the start of time."""
        return tuple(Held(each, 1, self.image_used.get(each, 0.0)) for each in sorted(self.images))

    def remove_image(self, sha256: str) -> None:
        """See MachineHost."""
        self._effect("unimage", sha256, lambda: self.images.discard(sha256))

    def lacks(self) -> str:
        """See Host."""
        return self.lacking

    def fullness(self) -> float:
        """See Host."""
        return self.full

    def fetch_image(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        self._effect("fetch", goal.host_name, lambda: self.images.add(goal.image.sha256))

    def make_root(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        if goal.image.sha256 not in self.images:
            raise TryAgain("HostBusy", "the image was removed just now")
        roots = self.machine(goal.host_name).roots | {goal.root}
        self._effect("root", goal.host_name, lambda: self._set(goal.host_name, roots=roots, folder=True))

    def write_seed(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        seeds = self.machine(goal.host_name).seeds | {goal.seed_name}
        self._effect("seed", goal.host_name, lambda: self._set(goal.host_name, seeds=seeds, folder=True))

    def make_port(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        self._effect("port", goal.host_name, lambda: self._set(goal.host_name, port=True))

    def write_launch(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        if self.power(goal.host_name) is Power.RUNNING:
            raise StepFailed("Running", "the launch of a running machine is never rewritten")
        self._effect("launch", goal.host_name, lambda: self._set(goal.host_name, launch=goal.launch))

    def start(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        facts = self.machine(goal.host_name)
        if facts.power is Power.RUNNING or facts.launch != goal.launch or not facts.port:
            raise StepFailed("HostFailed", f"{goal.host_name} runs already or is not prepared: {facts}")
        missing = [drive.volume for drive in goal.seed.drives if drive.host_name not in self.volumes]
        if missing:
            raise StepFailed("HostFailed", f"volumes {missing} are not there")
        self._effect("start", goal.host_name, lambda: self._start(goal))

    def _start(self, goal: MachineGoal) -> None:
        self.started[goal.host_name] = goal
        self._set(goal.host_name, power=Power.RUNNING, attached=True)

    def announce_size(self, host_name: str, volume: str) -> None:
        """See MachineHost."""
        if self.power(host_name) is Power.RUNNING:
            self.announced[host_name, volume] = self.volumes[volume]

    def stop(self, host_name: str) -> None:
        """See MachineHost."""
        self._effect("stop", host_name, lambda: self._set(host_name, power=Power.OFF))

    def prune(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        kept = {"roots": frozenset({goal.root}), "seeds": frozenset({goal.seed_name})}
        self._effect("prune", goal.host_name, lambda: self._set(goal.host_name, **kept))

    def remove_port(self, host_name: str) -> None:
        """See MachineHost."""
        self._effect("unport", host_name, lambda: self._set(host_name, port=False))

    def remove_machine(self, host_name: str) -> None:
        """See MachineHost."""
        self._effect("remove", host_name, lambda: self.machines.__delitem__(host_name))

    def volume_size(self, host_name: str) -> int | None:
        """See VolumeHost."""
        return self.volumes.get(host_name)

    def volume_state(self, host_name: str) -> VolumeState:
        """See VolumeHost; `touched` is what somebody did by hand."""
        return self.touched.get(host_name, VolumeState(self.volumes.get(host_name)))

    def mend_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        self._effect("mend", host_name, lambda: self.touched.__delitem__(host_name))

    def rename_back(self, found: str, host_name: str) -> None:
        """See VolumeHost."""
        self._effect("rename", host_name, lambda: self._rename_back(found, host_name))

    def _rename_back(self, found: str, host_name: str) -> None:
        self.volumes[host_name] = self.volumes.pop(found)
        self.touched.pop(host_name, None)

    def create_volume(self, host_name: str, size: int) -> None:
        """See VolumeHost."""
        self._effect("create", host_name, lambda: self.volumes.__setitem__(host_name, size))

    def grow_volume(self, host_name: str, size: int) -> None:
        """See VolumeHost."""
        self._effect("grow", host_name, lambda: self.volumes.__setitem__(host_name, size))

    def bin_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        self._effect("bin", host_name, lambda: self._bin(host_name))

    def _bin(self, host_name: str) -> None:
        self.binned += 1
        self.bin[f"{host_name}.{self.binned:06}"] = self.volumes.pop(host_name)

    def bin_entries(self) -> frozenset[str]:
        """See VolumeHost."""
        return frozenset(self.bin)

    def empty_bin(self, entry: str) -> None:
        """See VolumeHost."""
        self._effect("empty", entry, lambda: self.bin.__delitem__(entry))

    def in_bin(self, host_name: str) -> bool:
        """See VolumeHost."""
        return any(entry.rpartition(".")[0] == host_name for entry in self.bin)

    def restore_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        latest = max(entry for entry in self.bin if entry.rpartition(".")[0] == host_name)
        self._effect("restore", host_name, lambda: self.volumes.__setitem__(host_name, self.bin.pop(latest)))

    def destroy_volume(self, host_name: str) -> None:
        """See VolumeHost."""
        self._effect("destroy", host_name, lambda: self.volumes.__delitem__(host_name))
