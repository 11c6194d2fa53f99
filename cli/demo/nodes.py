"""The demo's nodes: a disk, a boot medium and a node agent each, in namespaces of their own."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

from cli.control_plane import environment
from cli.demo.holder import READY
from cli.demo.layout import NODE_LINK, POOL_BYTES, Layout, NodeLayout
from cli.demo.medium import MediumContent, write_medium
from cli.demo.network import DemoNetwork
from cli.demo.processes import Processes
from cli.site import Site
from node_agent.settings import CapacitySettings
from sal.command import Process, Runner, find, start_time
from sal.errors import SalError
from sal.filesystem import make_btrfs, make_sparse, write_durably

MOUNT_SECONDS = 10.0
QEMU = "qemu-system-x86_64"


class DemoNodes:
    """Starts and ends nodes."""

    def __init__(
        self, layout: Layout, runner: Runner, network: DemoNetwork, capacity: CapacitySettings | None = None
    ) -> None:
        self._layout, self._runner, self._network, self._capacity = layout, runner, network, capacity
        self.processes = Processes(layout.folder / "processes")

    def start(self, number: int, site: Site, content: MediumContent) -> NodeLayout:
        """A node from bare disk to running agent."""
        node = self._layout.node(number)
        self._network.ensure_node(node)
        if not node.disk.exists():
            node.folder.mkdir(parents=True, exist_ok=True)
            aside = node.disk.with_name(".new-disk.img")
            make_sparse(aside, POOL_BYTES)
            make_btrfs(self._runner, aside, node.name)
            aside.rename(node.disk)
        write_medium(node.medium, site, content, self._layout.images)
        self._write_settings(node)
        self._hold(node)
        self.run_agent(number)
        return node

    def run_agent(self, number: int) -> None:
        """Starts the node's own processes."""
        node = self._layout.node(number)
        words = [*self._enter(node), sys.executable, "-m", "cli.main", "node", "run", "--settings", str(node.settings)]
        self.processes.start(node.name, words, environment())

    def stop_agent(self, number: int, grace_seconds: float = 20.0) -> None:
        """Ends the node's own processes; its machines go on."""
        self.processes.stop(self._layout.node(number).name, grace_seconds)

    def inside(self, number: int, path: Path) -> Path:
        """A path as the node sees it, readable from here."""
        node = self._layout.node(number)
        holder = self.processes.find(f"{node.name}-machine")
        if holder is None:
            raise SalError(f"{node.name} does not run")
        return Path(f"/proc/{holder.pid}/root") / path.relative_to("/")

    def switch_off(self, number: int) -> None:
        """Pulls the plug: every process of the node ends at once."""
        node = self._layout.node(number)
        for name in (node.name, f"{node.name}-machine"):
            process = self.processes.find(name)
            if process is not None:
                process.kill()
            self.processes.stop(name)
        self._kill_rest(node)
        (node.folder / READY).unlink(missing_ok=True)

    def remove(self, number: int) -> None:
        """Ends a node and removes its folder."""
        self.stop_agent(number, 5.0)
        self.switch_off(number)
        shutil.rmtree(self._layout.node(number).folder, ignore_errors=True)

    def machines(self, number: int) -> dict[str, Process]:
        """The hypervisor processes of a node, by their machines' names on the host."""
        found = {}
        for process in self._processes(self._layout.node(number)):
            try:
                words = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if words[0] == QEMU:
                found[words[words.index("-name") + 1]] = process
        return found

    def _kill_rest(self, node: NodeLayout) -> None:
        """Machines live in sessions of their own; what is in the node's network namespace is the node's."""
        for process in self._processes(node):
            process.kill()

    def _processes(self, node: NodeLayout) -> list[Process]:
        started = [(pid, start_time(pid)) for pid in self._network.processes(node)]
        found = [find(pid, began) for pid, began in started if began is not None]
        return [process for process in found if process is not None]

    def _hold(self, node: NodeLayout) -> None:
        words = ["ip", "netns", "exec", node.namespace, "unshare", "--mount", "--propagation", "private"]
        words += [sys.executable, "-m", "cli.demo.holder", str(node.disk), str(node.mount)]
        self.processes.start(f"{node.name}-machine", words, environment())
        deadline = time.monotonic() + MOUNT_SECONDS
        while not (node.folder / READY).exists():
            if time.monotonic() > deadline:
                raise SalError(f"{node.name}: {self.processes.last_words(f'{node.name}-machine')}")
            time.sleep(0.02)

    def _enter(self, node: NodeLayout) -> list[str]:
        holder = self.processes.find(f"{node.name}-machine")
        if holder is None:
            raise SalError(f"{node.name} does not run")
        return ["nsenter", "--target", str(holder.pid), "--mount", "--net", "--"]

    def _write_settings(self, node: NodeLayout) -> None:
        settings = {
            "medium": str(node.medium),
            "state": str(node.mount),
            "network": {"overlay": NODE_LINK},
            "heartbeat_seconds": 2.0,
            "capacity": self._capacity.model_dump() if self._capacity else None,
        }
        write_durably(node.settings, json.dumps(settings).encode())
