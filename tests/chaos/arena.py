"""The cloud that storms are let loose on: four nodes, Redis on a small disk, wall clocks that can be stepped."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.demo.control import Options
from cli.demo.kubernetes import EmbeddedKubernetes
from cli.demo.layout import NodeLayout
from cli.demo.medium import MediumContent
from cli.demo.nodes import DemoNodes
from cli.demo.people import TENANT
from crds.tenant import TenantSpec
from node_agent.paths import Paths
from node_agent.settings import CapacitySettings
from sal.command import Command, Process, SystemRunner, find
from tests.chaos.wall_clock import WallClock
from tests.cloud.cloud import Cloud

NODES = 4
CAPACITY = CapacitySettings(cpus=16, memory=8 << 30, disk=4 << 30)
REDIS_DISK = "96m"
REDIS_MEMORY = "24mb"
CEILINGS = {"machines": 64, "cpus": 64, "memory": 32 << 30, "volumes": 64, "storage": 64 << 30}


@dataclass(frozen=True)
class Hit:
    """A machine (by its name on the host), or all machines of a node, that a fault ended at this time."""

    at: float
    node: int
    host: str = ""


class Places(DemoNodes):
    """Nodes whose programs find the wall clock of their node."""

    clocks: dict[int, WallClock]

    def run_agent(self, number: int) -> None:
        """Puts the clock in place before the first of the node's programs."""
        holder = self.processes.find(f"node-{number}-machine")
        clock = self.clocks[number]
        if holder is not None and not (Path(f"/proc/{holder.pid}/root/etc/ld.so.preload")).exists():
            words = ("nsenter", "--target", str(holder.pid), "--mount", "--", *clock.mount)
            SystemRunner().run(Command(words))
        super().run_agent(number)


class Arena(Cloud):
    """A cloud with the words that faults use."""

    def __init__(self, folder: Path, count: int = NODES) -> None:
        clock = WallClock(folder / "clocks" / "control-plane")
        swap = f'{" ".join(clock.mount)}; exec "$@"'
        inside = ("unshare", "--mount", "--propagation", "private", "sh", "-c", swap, "sh")
        options = Options(report_interval=1.0, capacity=CAPACITY, within=inside, redis_memory=REDIS_MEMORY)
        super().__init__(folder, options, name="hpchaos", subnet="fd68:7264:c4a0")
        self.count = count
        self.clock = clock
        self.node_clocks = {number: WallClock(folder / "clocks" / f"node-{number}") for number in self.expected}
        places = Places(self.demo.layout, self.demo.runner, self.demo.network, CAPACITY)
        places.clocks = self.node_clocks
        self.demo.nodes = places
        self.homes: dict[str, int] = {}
        self.hits: list[Hit] = []
        self.groups: dict[tuple[str, int], threading.Lock] = {}

    @property
    def expected(self) -> range:
        """The numbers of the nodes that there should be."""
        return range(1, self.count + 1)

    def up(self) -> None:
        """Brings it up."""
        for clock in (self.clock, *self.node_clocks.values()):
            clock.make()
        demo = self.demo
        demo.start_kubernetes()
        demo.make_site()
        self._widen()
        self.digest = demo.build_guest()
        demo.network.ensure()
        demo.layout.redis.mkdir(parents=True)
        self.run("mount", "-t", "tmpfs", "-o", f"size={REDIS_DISK}", "hardpan-redis", str(demo.layout.redis))
        demo.control_plane.start_redis()
        demo.control_plane.start_controllers()
        for number in self.expected:
            demo.start_node(number)
        self.nodes = demo.await_nodes(self.count)
        self.homes = {name: demo.number_of(name) for name in (each["metadata"]["name"] for each in self.nodes)}

    def down(self) -> None:
        """Takes it down; what was frozen is let go first."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if str(self.demo.layout.folder).encode() in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGCONT)
        if self.demo.site.trust_file.exists():
            self.demo.control_plane.stop()
        if os.path.ismount(self.demo.layout.redis):
            self.run("umount", "--lazy", str(self.demo.layout.redis))
        super().down()

    def _widen(self) -> None:
        """The tenant may have as many machines as the storm needs."""
        site = self.demo.site
        held = next(each for each in site.records() if each.kind == "Tenant")
        site.put("Tenant", held.name, TenantSpec.model_validate({**held.spec, "ceilings": CEILINGS}))
        self.demo.renew()

    def run(self, *words: str, accepted: tuple[int, ...] = (0,)) -> str:
        """Runs a program of this machine."""
        return SystemRunner().run(Command(words, accepted_codes=accepted)).text

    def node(self, number: int) -> NodeLayout:
        """The layout of a node."""
        return self.demo.layout.node(number)

    def pool(self, number: int) -> Path:
        """A node's disk, as seen from here."""
        return self.demo.nodes.inside(number, self.node(number).mount)

    def controller(self, role: str) -> Process | None:
        """The process of a controller."""
        with suppress(OSError, ValueError):
            return _process(self.demo.control_plane.pid(role))
        return None

    def node_process(self, number: int, name: str) -> Process | None:
        """Agent or executor of a node."""
        note = Paths(self.node(number).mount).process(name)
        with suppress(Exception):
            pid, started = self.demo.nodes.inside(number, note).read_text().split()
            return find(int(pid), int(started))
        return None

    @property
    def kubernetes(self) -> EmbeddedKubernetes:
        """The API server and its store."""
        assert isinstance(self.demo.kubernetes, EmbeddedKubernetes)
        return self.demo.kubernetes

    def effects(self) -> list[dict[str, Any]]:
        """What the executors of all nodes really did, in order per node, with the rotated part."""
        found: list[dict[str, Any]] = []
        for number in self.expected:
            for name in ("effects.old.jsonl", "effects.jsonl"):
                file = self.pool(number) / "journal" / name
                if file.exists():
                    found += [{**json.loads(line), "node": number} for line in file.read_text().splitlines() if line]
        return found

    def start_node_again(self, number: int) -> None:
        """Power comes back: everything from the disk."""
        control_plane = self.demo.control_plane
        content = MediumContent(control_plane.gateway, control_plane.authority.pair.certificate, "demo")
        self.demo.nodes.start(number, self.demo.site, content)

    def join(self) -> None:
        """The routes that stand in for the overlay, known from the time when all nodes were there."""
        self.demo._join(self.nodes)


def _process(pid: int) -> Process | None:
    from sal.command import start_time

    started = start_time(pid)
    return find(pid, started) if started is not None else None


__all__ = ["TENANT", "Arena", "Hit"]
