"""An executor of this process over a real pool, QEMU and a real network, in a network namespace of its own."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cli.demo.guest.build import build
from node_agent import medium
from node_agent.clock import SystemClock
from node_agent.executor import assembly, identity
from node_agent.executor.hosts import host_for, pool_for
from node_agent.executor.sal_host import NOT_ASKED, SalHost
from node_agent.settings import NodeSettings
from sal.command import Command, SystemRunner
from tests.system.btrfs_disk import btrfs_disk
from tests.system.node_site import wait_for
from tests.system.own_network import own_network
from tests.system.requirements import need
from tests.unit.node_agent.build import MIB, machine_item, uses, volume_item
from tests.unit.node_agent.cluster import Cluster, Tenancy, read_receipt
from trust.host_name import host_name
from trust.job import Receipt
from trust.keys import digest

BOOT_SECONDS = 200.0


class RealNode:
    """An executor of this process over a real pool, QEMU and a real network."""

    def __init__(self, folder: Path, state: Path, image: str) -> None:
        self.cluster = Cluster(now=datetime.now(UTC).replace(microsecond=0))
        medium_folder = folder / "medium"
        medium_folder.mkdir()
        (medium_folder / "ca.pem").write_text("a certificate")
        fields = self.cluster.medium() | {"images": str(folder / "images")}
        (medium_folder / "medium.json").write_text(json.dumps(fields))
        self.settings = NodeSettings(medium=medium_folder, state=state)
        self.clock = SystemClock()
        self.start()
        self.executor.service.trust.accept(self.cluster.bundle())
        source = {"url": "https://images.example/guest.raw", "sha256": image}
        items = {
            ("volume", "data-0"): volume_item(),
            ("machine", "web-0"): machine_item(image=source, memory=160 * MIB, volumes=uses("data-0")),
            ("machine", "web-1"): machine_item(
                image=source, memory=160 * MIB, env={"PEER": {"ref": "machine/web-0/address"}}
            ),
        }
        self.web = Tenancy(self.cluster, self.executor.service.identity.node, items)

    def start(self) -> None:
        """Starts the executor on what is on disk."""
        loaded = medium.load(self.settings.medium)
        pool = pool_for(self.settings)
        own = identity.keep(self.settings.paths.keys)
        self.host: SalHost = host_for(self.settings, loaded, pool, own)
        self.executor = assembly.assemble(self.settings, loaded, own, self.host, self.clock)
        self.executor.keeper.restore()

    def run(self, job: str, envelope: bytes) -> Receipt:
        """Delivers a job."""
        service = self.executor.service
        certificate = service.enrolment.envelope()
        assert certificate is not None
        receipt = service.runner.run(job, 1, envelope, self.web.documents(certificate))
        return read_receipt(receipt, service.identity.signing.public)

    def ensure(self, job: str, *steps: tuple[str, str, int, int]) -> Receipt:
        """Orders steps; this node holds every machine."""
        certificate = self.executor.service.enrolment.envelope()
        assert certificate is not None
        holders = {f"machine/{name}": self.web.node for name in ("web-0", "web-1")}
        return self.run(job, self.web.ensure(job, *steps, holders=holders, certificates=[digest(certificate)]))

    def absent(self, kind: str, name: str) -> Receipt:
        """Orders a removal."""
        job = f"{kind}-{name}.absent"
        return self.run(job, self.web.absent(job, (kind, name, 1, 99)))

    def folder(self, name: str) -> Path:
        """The folder of a machine."""
        return self.settings.paths.machine(self.host_name("machine", name)).folder

    def volume(self, name: str) -> Path:
        """The subvolume of a volume."""
        return self.settings.state / "@volumes" / self.host_name("volume", name)

    def host_name(self, kind: str, name: str) -> str:
        """What the host calls it."""
        return host_name(self.cluster.id, self.cluster.tenant, "a", "web", kind, name)

    def console(self, name: str) -> str:
        """What the guest printed."""
        return self.host.hypervisor.console(self.folder(name), 65_536).decode(errors="replace")

    def says(self, name: str, text: str) -> None:
        """Waits until the guest printed it."""
        wait_for(lambda: text in self.console(name), repr(text), BOOT_SECONDS, lambda: self.console(name))

    def pid(self, name: str) -> int:
        """QEMU's pid."""
        return self.host.hypervisor.info(self.folder(name)).pid

    def repair(self) -> None:
        """One pass that looks for drift, as there is one every 15 s."""
        self.executor.keeper._repaired = float("-inf")
        self.host._ports = NOT_ASKED
        self.executor.keeper.pass_once()

    def watches_until(self, seen: Callable[[], bool]) -> None:
        """Lets the keeper look until it is seen."""

        def look() -> bool:
            self.watch(0.5)
            return seen()

        wait_for(look, "what the keeper should bring about")

    def watch(self, seconds: float) -> None:
        """Lets the keeper look, as the process does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.executor.keeper.pass_once()
            time.sleep(0.2)


def guest_image(folder: Path) -> tuple[Path, str]:
    """The demo's guest, in a folder as a medium carries images."""
    need("root", "qemu", "btrfs", "nft", "netns", "seed", "ext4")
    cache = Path(os.environ.get("HARDPAN_CACHE", Path.home() / ".cache" / "hardpan")) / "guest"
    sha256 = build(SystemRunner(), folder / "guest.raw", cache / "kernel")
    (folder / "images").mkdir()
    (folder / "guest.raw").rename(folder / "images" / f"sha256-{sha256}")
    return folder / "images", sha256


@contextmanager
def real_node(image: tuple[Path, str]) -> Iterator[RealNode]:
    """A node with nothing on it; whatever it started is ended."""
    with tempfile.TemporaryDirectory(prefix="hpn-") as made, own_network():
        folder = Path(made)
        (folder / "images").symlink_to(image[0])
        SystemRunner().run(Command(("ip", "link", "set", "lo", "up")))
        SystemRunner().run(Command(("ip", "link", "add", "hpo0", "type", "veth", "peer", "name", "hpo1")))
        with btrfs_disk(folder) as state:
            node = RealNode(folder, state, image[1])
            try:
                yield node
            finally:
                for each in node.settings.paths.machines.iterdir():
                    node.host.hypervisor.kill(each)
                node.executor.store.close()
