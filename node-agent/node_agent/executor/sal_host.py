"""The real machine below, by way of the SAL: this is where host names become paths, taps and processes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from node_agent.errors import TryAgain
from node_agent.executor.fetching import Fetch, spool
from node_agent.executor.goal import MachineGoal
from node_agent.executor.host import MachineFacts, Orphan, Power
from node_agent.executor.sal_errors import translated
from node_agent.executor.sal_volumes import SalVolumes
from node_agent.paths import MachinePaths
from sal import errors
from sal.addresses import gateway_address, machine_mac, port_name
from sal.command import Runner
from sal.filesystem import write_durably
from sal.hypervisor import Disk, Hypervisor, Interface, MachineConfig, State, Trouble
from sal.images import Held, ImageStore, file_chunks
from sal.network import Network, NodeNetwork
from sal.nftables import Port
from sal.seed import SeedContent, SeedVolume, write_seed

GRACE_SECONDS = 10.0
PORTS_SECONDS = 1.0
_MACHINE, _VOLUME = re.compile(r"m-[a-z2-7]{20}"), re.compile(r"v-[a-z2-7]{20}")
POWERS = {State.RUNNING: Power.RUNNING, State.PAUSED: Power.RUNNING, State.CRASHED: Power.CRASHED}


NOT_ASKED: tuple[float, Mapping[str, Port]] = (float("-inf"), MappingProxyType({}))
Result = TypeVar("Result")


@dataclass
class SalHost(SalVolumes):
    """`Host` over pool, image store, hypervisor and network. `preseeded` is the medium's folder of images."""

    images: ImageStore
    hypervisor: Hypervisor
    network: Network
    node_network: NodeNetwork
    runner: Runner
    fetch: Fetch
    preseeded: ImageStore | None = None
    _ports: tuple[float, Mapping[str, Port]] = field(default=NOT_ASKED, init=False)

    def machine(self, host_name: str, address: str = "") -> MachineFacts:
        """See MachineHost."""
        files, name = self.paths.machine(host_name), port_name(host_name)
        with translated():
            port = self._known_ports().get(name)
            return MachineFacts(
                power=self.power(host_name),
                folder=files.folder.is_dir(),
                roots=_digests(files.folder, "root-", ".raw"),
                seeds=_digests(files.folder, "seed-", ".img"),
                launch=_launch(files),
                port=port is not None and (not address or port == _port(host_name, address)),
                attached=self.network.is_held(name),
            )

    def power(self, host_name: str) -> Power:
        """See MachineHost."""
        with translated():
            return POWERS.get(self.hypervisor.info(self.paths.machine(host_name).folder).state, Power.OFF)

    def trouble(self, host_name: str) -> Trouble | None:
        """See MachineHost."""
        with translated():
            return self.hypervisor.trouble(self.paths.machine(host_name).folder)

    def resume(self, host_name: str) -> None:
        """See MachineHost."""
        with translated():
            self.hypervisor.resume(self.paths.machine(host_name).folder)

    def has_image(self, sha256: str) -> bool:
        """See MachineHost."""
        return self.images.has(sha256)

    def images_held(self) -> tuple[Held, ...]:
        """See MachineHost."""
        return self.images.held()

    def remove_image(self, sha256: str) -> None:
        """See MachineHost."""
        with translated():
            self.images.remove(sha256)

    def fetch_image(self, goal: MachineGoal) -> None:
        """See MachineHost; an image that came with the medium is not fetched."""
        image = goal.image
        with translated():
            if self.preseeded is not None and self.preseeded.has(image.sha256):
                self.images.add(file_chunks(self.preseeded.path(image.sha256)), image.sha256)
            else:
                with spool(self.paths.images) as file:
                    self.fetch(image.url, file)
                    self.images.add(file_chunks(file), image.sha256)

    def make_root(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        with translated():
            try:
                self.images.used(goal.image.sha256)
            except errors.NotFound:
                raise TryAgain("HostBusy", f"image {goal.image.sha256} was removed just now: fetched again") from None
            self.pool.machine_folder(goal.host_name)
            target = self._files(goal).root(goal.root)
            self.pool.clone_image(self.images.path(goal.image.sha256), target, goal.disk)

    def write_seed(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        seed = goal.seed
        volumes = tuple(SeedVolume(serial(each.host_name), each.mount, each.read_only) for each in seed.drives)
        gateway = gateway_address(self.node_network.prefix)
        content = SeedContent(seed.hostname, IPv6Address(seed.address), gateway, volumes, seed.environment)
        with translated():
            self.pool.machine_folder(goal.host_name)
            write_seed(self.runner, self._files(goal).seed(goal.seed_name), content)

    def make_port(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        port = _port(goal.host_name, goal.address)
        self._change_ports(lambda: self.network.ensure_port(self.node_network, port))

    def write_launch(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        with translated():
            write_durably(self._files(goal).launch, json.dumps({"launch": goal.launch}).encode())

    def start(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        files, name = self._files(goal), goal.host_name
        disks = (
            Disk(files.root(goal.root), "root"),
            Disk(files.seed(goal.seed_name), "seed", read_only=True),
            *(Disk(self.pool.volume_disk(each.host_name), serial(each.host_name), each.read_only)
              for each in goal.seed.drives),
        )  # fmt: skip
        interface = Interface(port_name(name), machine_mac(name))
        with translated():
            self.hypervisor.start(MachineConfig(name, files.folder, goal.cpus, goal.memory, disks, interface))

    def announce_size(self, host_name: str, volume: str) -> None:
        """See MachineHost."""
        with translated():
            self.hypervisor.announce(self.paths.machine(host_name).folder, self.pool.volume_disk(volume))

    def stop(self, host_name: str) -> None:
        """See MachineHost."""
        with translated():
            self.hypervisor.stop(self.paths.machine(host_name).folder, GRACE_SECONDS)

    def prune(self, goal: MachineGoal) -> None:
        """See MachineHost."""
        files = self._files(goal)
        kept = {files.root(goal.root).name, files.seed(goal.seed_name).name}
        for each in (*files.folder.glob("root-*.raw"), *files.folder.glob("seed-*.img")):
            if each.name not in kept:
                each.unlink(missing_ok=True)

    def remove_port(self, host_name: str) -> None:
        """See MachineHost."""
        self._change_ports(lambda: self.network.absent_port(port_name(host_name)))

    def remove_machine(self, host_name: str) -> None:
        """See MachineHost."""
        with translated():
            self.pool.remove_machine(host_name)

    def lacks(self) -> str:
        """See Host."""
        return self.hypervisor.lacks()

    def fullness(self) -> float:
        """See Host."""
        with translated():
            usage = self.pool.usage()
        return 1 - usage.free / usage.total if usage.total else 0.0

    def orphans(self, wanted: frozenset[str]) -> tuple[Orphan, ...]:
        """See Host."""
        ports = {port_name(each) for each in wanted}
        with translated():
            machines = [
                Orphan("machine", name, marked, self.power(name) is Power.RUNNING)
                for name, marked in self.pool.machine_folders().items()
                if name not in wanted and _MACHINE.fullmatch(name)
            ]
            taps = [
                Orphan("port", name, marked, self.network.is_held(name))
                for name, marked in self.network.taps().items()
                if name not in ports
            ]
            volumes = [
                Orphan("volume", name, self.pool.volume_state(name).marked, False)
                for name in self.pool.volumes()
                if name not in wanted and _VOLUME.fullmatch(name)
            ]
        return tuple(sorted((*machines, *taps, *volumes)))

    def remove_orphan(self, orphan: Orphan) -> None:
        """See Host."""
        acts: dict[str, Callable[[str], None]] = {
            "machine": self.pool.remove_machine,
            "port": self.network.absent_port,
            "volume": self.pool.bin_volume,
        }
        self._change_ports(lambda: acts[orphan.kind](orphan.name))

    def ensure_network(self) -> tuple[str, ...]:
        """See Host."""
        return self._change_ports(lambda: self.network.ensure(self.node_network))

    def _files(self, goal: MachineGoal) -> MachinePaths:
        return self.paths.machine(goal.host_name)

    def _known_ports(self) -> Mapping[str, Port]:
        """Asking the packet filter costs a process, and one plan asks several times."""
        asked, ports = self._ports
        if time.monotonic() > asked + PORTS_SECONDS:
            ports = {each.name: each for each in self.network.ports(self.node_network)}
            self._ports = (time.monotonic(), ports)
        return ports

    def _change_ports(self, change: Callable[[], Result]) -> Result:
        with translated():
            try:
                return change()
            finally:
                self._ports = NOT_ASKED


def serial(host_name: str) -> str:
    """A volume's disk serial, at most 20 characters: its host name without `v-`."""
    return host_name.removeprefix("v-")


def _port(host_name: str, address: str) -> Port:
    return Port(port_name(host_name), machine_mac(host_name), IPv6Address(address))


def _digests(folder: Path, prefix: str, suffix: str) -> frozenset[str]:
    found = folder.glob(f"{prefix}*{suffix}")
    return frozenset(each.name.removeprefix(prefix).removesuffix(suffix) for each in found)


def _launch(files: MachinePaths) -> str:
    try:
        return str(json.loads(files.launch.read_bytes())["launch"])
    except (OSError, ValueError, KeyError):
        return ""
