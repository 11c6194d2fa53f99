"""Short ways to build what the node's executor works with: assignments, tools over a host in memory, admitted steps."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from node_agent.executor.goal import MachineGoal, machine_goal
from node_agent.executor.marks import Marks
from node_agent.executor.resources import Assignment, Key, Resources
from node_agent.executor.store import Store
from node_agent.executor.work import Tools, Work
from node_agent.memory_host import MemoryHost
from node_agent.testing import FakeClock, FakeEffects
from trust.canonical import canonical_bytes
from trust.host_name import host_name
from trust.keys import digest
from trust.registration import Capacity

TENANT = "t-" + "a" * 26
CLUSTER = "sha256:" + "c" * 64
MIB = 1 << 20
GIB = 1 << 30
ISSUED = 1_795_000_000


def machine_item(**changes: Any) -> dict[str, Any]:
    """An item as it stands in a plan."""
    return {
        "runtime": "vm", "cpus": 1, "memory": 128 * MIB, "disk": 64 * MIB, "volumes": [], "env": {},
        "image": {"url": "https://images.example/a.raw", "sha256": "a" * 64},
        "restart": "always", "spread": "", "nodeLabels": {},
    } | changes  # fmt: skip


def volume_item(size: int = 64 * MIB, on_delete: str = "bin") -> dict[str, Any]:
    """An item as it stands in a plan."""
    return {"size": size, "onDelete": on_delete, "binDays": 7}


def uses(*volumes: str) -> list[dict[str, Any]]:
    """References to volumes."""
    return [{"volume": name, "mount": f"/{name}", "readOnly": False} for name in volumes]


def assignment(
    kind: str,
    name: str,
    item: dict[str, Any],
    *,
    epoch: int = 1,
    generation: int = 1,
    deployment: str = "web",
    tenant: str = TENANT,
) -> Assignment:
    """What a job asks to keep."""
    return Assignment.model_validate(
        {
            "kind": kind, "namespace": "a", "name": name, "deployment": deployment, "deployment_uid": "uid-1",
            "epoch": epoch, "generation": generation, "item": item,
            "digest": digest(canonical_bytes({"kind": kind, "name": name, "spec": item})),
            "host_name": host_name(CLUSTER, tenant, "a", deployment, kind, name), "tenant": tenant,
            "address": "400::1" if kind == "machine" else "",
        }
    )  # fmt: skip


def machine(name: str = "web-0", *, epoch: int = 1, generation: int = 1, **changes: Any) -> Assignment:
    """A machine's assignment."""
    return assignment("machine", name, machine_item(**changes), epoch=epoch, generation=generation)


def volume(name: str = "data-0", size: int = 64 * MIB, *, on_delete: str = "bin", epoch: int = 1) -> Assignment:
    """A volume's assignment."""
    return assignment("volume", name, volume_item(size, on_delete), epoch=epoch)


def ensure(wanted: Assignment, issued: int = ISSUED) -> Work:
    """The work of an ensure step."""
    return Work(wanted.key, wanted.deployment, wanted.host_name, issued, wanted, wanted.tenant)


def absent(wanted: Assignment, issued: int = ISSUED) -> Work:
    """The work of an absent step."""
    return dataclasses.replace(ensure(wanted, issued), assignment=None)


def goal(wanted: Assignment) -> MachineGoal:
    """What a machine's assignment means on the host."""
    return machine_goal(CLUSTER, wanted)


class World:
    """Everything that outlives the process, and tools over it that can be made anew as after a crash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = MemoryHost()
        self.clock = FakeClock()
        self.effects = FakeEffects()
        self.capacity = Capacity(cpus=8, memory=8 * GIB, disk=100 * GIB)
        self.naps: list[float] = []
        self.tools = self._tools()

    def _tools(self) -> Tools:
        store = Store(self.folder / "journal.sqlite")
        return Tools(
            CLUSTER, self.host, store, Resources(store), Marks(store), self.effects, self.clock,
            self.naps.append, lambda: self.capacity,
        )  # fmt: skip

    def restart(self) -> None:
        """The process died and is started again."""
        self.tools.store.close()
        self.tools = self._tools()

    def table(self) -> dict[Key, str]:
        """State by resource."""
        return {each.key: each.observation.state for each in self.tools.resources.all()}
