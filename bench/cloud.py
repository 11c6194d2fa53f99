"""A cloud for benchmarks: embedded Kubernetes, Redis, every controller as the demo runs them, and simulated nodes."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench import nodes
from cli import site as sites
from cli.control_plane import environment
from cli.demo.cloud import DemoCloud, down
from cli.demo.layout import Layout
from cli.demo.medium import MediumContent
from cli.demo.people import TENANT
from cli.demo.processes import Processes
from cli.demo.steps import Steps
from crds.tenant import TenantSpec
from crds.user import UserSpec
from plans.author import Author
from sal.command import SystemRunner
from sal.images import ImageStore
from trust.keys import ED25519, SigningKey, UserKey
from trust.part import format_time

TOKEN = "bench"
SEED = bytes(range(32))
IMAGE = b"no guest boots from this" * 1000
IMAGE_DIGEST = hashlib.sha256(IMAGE).hexdigest()
NODES = "bench-nodes"
CEILINGS = {"machines": 100, "cpus": 100, "memory": 1 << 40, "volumes": 100, "storage": 1 << 42}
SPARE = 100
"""Machines that the token admits beyond the simulated nodes."""


class BenchCloud:
    """The cloud, with what benchmarks need of it. Two at a time need names and networks of their own."""

    def __init__(
        self,
        folder: Path,
        name: str = "hpbench",
        subnet: str = "fd68:7264:be4c",
        number: int = 0,
        *,
        pods: bool = False,
        cpus: int = nodes.CPUS,
    ) -> None:
        self.demo = DemoCloud(Layout(folder, name, subnet, number), SystemRunner(), durable=False, pods=pods)
        self._processes = Processes(folder / "bench")
        self._cpus = cpus

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.demo.layout.kubeconfig

    @property
    def author(self) -> Author:
        """A user whose key this process holds."""
        view = self.demo.site.view()
        return Author(view.cluster, view.tenant_of(TENANT).id, TENANT, SEED)

    def pid(self, role: str) -> int:
        """The process of a controller."""
        return self.demo.control_plane.pid(role)

    def up(self, count: int) -> None:
        """Brings it up with so many nodes, all Ready."""
        self.demo.start_kubernetes()
        self.demo.make_site()
        self.admit(count)
        self.demo.network.ensure()
        plane = self.demo.plane
        plane.bring_up(Steps(self.demo.layout.log, Console(stderr=True, highlight=False)))
        self.join(count, MediumContent(plane.gateway, plane.certificate, TOKEN))

    def join(self, count: int, content: MediumContent, heartbeat_seconds: float = 10.0) -> None:
        """So many nodes with media of this content, all Ready."""
        ImageStore(self.demo.layout.images).add([IMAGE], IMAGE_DIGEST)
        folder = self.demo.layout.folder / "simulated"
        nodes.write_settings(
            folder, count, self.demo.site, content, self.demo.layout.images, heartbeat_seconds, self._cpus
        )
        self.start_nodes()
        self.demo.wait(
            lambda: True if len(self.demo.ready_nodes()) >= count else None,
            f"{count} simulated nodes",
            lambda: self._processes.last_words(NODES),
            60.0 + count,
        )

    def start_nodes(self) -> None:
        """Starts the nodes' process."""
        words = [sys.executable, "-m", "bench.nodes", str(self.demo.layout.folder / "simulated")]
        self._processes.start(NODES, words, environment())

    def stop_nodes(self) -> None:
        """Ends it."""
        self._processes.stop(NODES, 30.0)

    def down(self) -> None:
        """Takes it down."""
        self.stop_nodes()
        down(self.demo)

    def admit(self, count: int) -> None:
        """A token for the nodes, and a user of our own in the demo's tenant."""
        site = self.demo.site
        expires = format_time(datetime.now(UTC) + timedelta(days=1))
        values = {"count": count + SPARE, "expires": expires, "site": "default", "region": "demo", "labels": {}}
        sites.new_token(site, TOKEN, values)
        line = UserKey(ED25519, SigningKey(SEED).public).line
        site.put("User", "bench", UserSpec.model_validate({"keys": [{"publicKey": line, "state": "active"}]}))
        held = next(each for each in site.records() if each.kind == "Tenant")
        changed = {"members": [{"user": "bench", "roles": ["deploy"]}], "ceilings": CEILINGS}
        site.put("Tenant", held.name, TenantSpec.model_validate({**held.spec, **changed}))
        self.demo.renew()


@contextmanager
def running(count: int, cpus: int = nodes.CPUS) -> Iterator[BenchCloud]:
    """A cloud with so many simulated nodes of so many processors, for as long as the block lasts."""
    with TemporaryDirectory(prefix="hardpan-bench-") as folder:
        cloud = BenchCloud(Path(folder), cpus=cpus)
        try:
            cloud.up(count)
            yield cloud
        finally:
            cloud.down()
