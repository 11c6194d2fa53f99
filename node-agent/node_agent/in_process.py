"""A node in threads of the calling process: for simulated nodes, in benches and in `helm test`, never for a real one.

The parts are the same as in two processes; only the socket between them is left out.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from jobs.broker import Connection, NodeBroker
from jobs.redis_node import RedisNodeBroker
from jobs.trace import ENDPOINT, teller
from node_agent import medium
from node_agent.agent.control import DirectExecutor
from node_agent.agent.gateway import HttpGateway
from node_agent.agent.process import Agent
from node_agent.agent.tracing import traced
from node_agent.clock import SystemClock
from node_agent.executor import identity
from node_agent.executor.assembly import assemble
from node_agent.executor.host import Host
from node_agent.executor.identity import Identity
from node_agent.executor.watching import make_folders, watch
from node_agent.medium import Medium
from node_agent.settings import NodeSettings
from node_agent.status import StatusBoard

Show = Callable[[str], None]
MakeHost = Callable[[NodeSettings, Medium, Identity], Host]
Connect = Callable[[str, Connection], NodeBroker]


def start(
    settings: NodeSettings,
    show: Show,
    make_host: MakeHost,
    connect: Connect = RedisNodeBroker,
    gateway: HttpGateway | None = None,
) -> Callable[[], None]:
    """Starts the node and returns what stops it. `show` gets the lines of its console.

    `connect` ties it to a queue. Without a `gateway` it goes to that of its medium.
    """
    loaded = medium.load(settings.medium)
    make_folders(settings.paths)
    settings.paths.agent.mkdir(exist_ok=True)
    own = identity.keep(settings.paths.keys)
    executor = assemble(settings, loaded, own, make_host(settings, loaded, own), SystemClock())
    executor.keeper.restore()
    stopping = threading.Event()
    gateway = gateway or HttpGateway(loaded.file.gateway, loaded.ca)
    board = StatusBoard(settings.paths.status, SystemClock(), show)
    tell = teller(os.environ.get(ENDPOINT, ""), "hardpan-node")
    asked = traced(DirectExecutor(executor.service.respond), tell)
    agent = Agent(settings, asked, gateway, board, stopping, connect)
    threads = [
        threading.Thread(target=agent.serve, name=f"{own.node} agent"),
        threading.Thread(target=watch, args=(executor, settings.watch_seconds, stopping), name=f"{own.node} keeper"),
    ]
    for thread in threads:
        thread.start()

    def stop() -> None:
        stopping.set()
        for thread in threads:
            thread.join(20.0)
        gateway.close()
        executor.store.close()

    return stop
