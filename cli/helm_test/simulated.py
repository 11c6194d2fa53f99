"""A node of the test: the real agent and executor in this process, over a host that only remembers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cli.helm_test.ground import Ground
from cli.helm_test.guest import Invited
from cli.helm_test.settings import Settings
from crds.trust import TRUST
from jobs.broker import Connection, NodeBroker
from jobs.redis_node import RedisNodeBroker
from node_agent import in_process
from node_agent.executor import identity
from node_agent.memory_host import MemoryHost
from node_agent.settings import CapacitySettings, NetworkSettings, NodeSettings

# Room for the machine of the test, and for no other that anybody would ask for.
CAPACITY = CapacitySettings(cpus=1, memory=64 << 20, disk=128 << 20)
IMAGE_DIGEST = "0" * 64


@dataclass(frozen=True)
class SimulatedNode:
    """One that runs; `lines` are those of its console."""

    name: str
    lines: list[str]


@contextmanager
def running(ground: Ground, guest: Invited) -> Iterator[SimulatedNode]:
    """The node for as long as the block lasts."""
    settings = ground.settings
    [trust] = ground.installation.objects(TRUST.name)
    shutil.rmtree(settings.folder, ignore_errors=True)
    chosen = _laid_down(settings, guest, trust["spec"]["roots"])
    lines: list[str] = []

    def connect(node: str, connection: Connection) -> NodeBroker:
        """Nodes outside are told another address of the queue, which this pod may not reach."""
        return RedisNodeBroker(node, replace(connection, url=settings.queue.url))

    host = MemoryHost(images={IMAGE_DIGEST})
    stop = in_process.start(chosen, lines.append, lambda *_: host, connect, ground.reach.gateway(settings.gateway))
    try:
        yield SimulatedNode(identity.keep(chosen.paths.keys).node, lines)
    finally:
        stop()


def _laid_down(settings: Settings, guest: Invited, roots: Iterable[str]) -> NodeSettings:
    """The node's medium, as `hardpan image` would write it, and its settings."""
    medium, state = settings.folder / "medium", settings.folder / "state"
    for each in (medium, state):
        each.mkdir(parents=True)
    shutil.copyfile(settings.gateway.authority, medium / "ca.pem")
    written = {
        "roots": [json.loads(each) for each in roots],
        "cluster": settings.cluster,
        "ca": "ca.pem",
        "gateway": settings.gateway.url,
        "token": {"name": guest.token, "seed": guest.seed},
    }
    (medium / "medium.json").write_text(json.dumps(written))
    return NodeSettings(
        medium=medium,
        state=Path(state),
        engine="memory",
        network=NetworkSettings(configure=False),
        capacity=CAPACITY,
        heartbeat_seconds=5.0,
    )
