"""A node's executor over a host in memory, with a cluster that orders things of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from node_agent import medium
from node_agent.agent.control import DirectExecutor
from node_agent.executor import assembly, identity, sealing
from node_agent.executor.resources import Key
from node_agent.memory_host import MemoryHost
from node_agent.settings import CapacitySettings, NodeSettings
from node_agent.testing import FakeClock
from tests.unit.node_agent.build import GIB, machine_item, uses, volume_item
from tests.unit.node_agent.cluster import Cluster, Tenancy, read_receipt
from trust.job import Receipt

MACHINE = Key("machine", "a", "web-0")
VOLUME = Key("volume", "a", "data-0")


class Node:
    """An executor that is certified by the cluster's join token; `web` is a deployment of a machine with a volume."""

    def __init__(self, folder: Path, *, trusted: bool = True) -> None:
        self.cluster, self.host, self.clock = Cluster(), MemoryHost(), FakeClock()
        (folder / "medium").mkdir()
        (folder / "medium" / "ca.pem").write_text("a certificate")
        (folder / "medium" / "medium.json").write_text(json.dumps(self.cluster.medium()))
        capacity = CapacitySettings(cpus=8, memory=8 * GIB, disk=100 * GIB)
        self.settings = NodeSettings(medium=folder / "medium", state=folder / "state", capacity=capacity)
        self.start()
        if trusted:
            self.service.trust.accept(self.cluster.bundle())
        items = {("machine", "web-0"): machine_item(volumes=uses("data-0")), ("volume", "data-0"): volume_item()}
        self.web = Tenancy(self.cluster, self.service.identity.node, items)

    def start(self) -> None:
        """Starts the executor on what is on disk."""
        loaded = medium.load(self.settings.medium)
        own = identity.keep(self.settings.paths.keys, sealing.of(self.settings.tpm))
        self.executor = assembly.assemble(self.settings, loaded, own, self.host, self.clock)
        self.service = self.executor.service
        self.runner = self.service.runner

    def restart(self) -> None:
        """Stops and starts the executor."""
        self.executor.store.close()
        self.start()

    @property
    def direct(self) -> DirectExecutor:
        """The executor as the agent asks it, without the socket."""
        return DirectExecutor(lambda request: self.service.respond(request))

    @property
    def public(self) -> bytes:
        """The node's public signing key."""
        return self.service.identity.signing.public

    def run(self, job: str, envelope: bytes, *more: bytes, attempt: int = 1) -> Receipt:
        """Delivers a job with all documents; the receipt, its signature checked."""
        return read_receipt(self.runner.run(job, attempt, envelope, self.web.documents(*more)), self.public)

    def ensure(self, job: str = "job-1", generation: int = 1, **changes: Any) -> Receipt:
        """Orders volume and machine."""
        steps = [("volume", "data-0", 1, 1), ("machine", "web-0", 1, generation)]
        return self.run(job, self.web.ensure(job, *steps, **changes))

    def table(self) -> dict[Key, str]:
        """State by resource."""
        return {each.key: each.observation.state for each in self.runner.tools.resources.all()}
