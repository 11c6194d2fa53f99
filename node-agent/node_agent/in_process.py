"""A node in threads of the calling process: for benches with many simulated nodes, never for a real one.

The parts are the same as in two processes; only the socket between them is left out.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from jobs.trace import ENDPOINT, teller
from node_agent import medium
from node_agent.agent.control import DirectExecutor
from node_agent.agent.gateway import HttpGateway
from node_agent.agent.process import Agent
from node_agent.agent.tracing import traced
from node_agent.clock import SystemClock
from node_agent.executor import identity
from node_agent.executor.assembly import assemble
from node_agent.executor.hosts import host_for, pool_for
from node_agent.executor.process import make_folders, watch
from node_agent.settings import NodeSettings
from node_agent.status import StatusBoard


def start(settings: NodeSettings, show: Callable[[str], None]) -> Callable[[], None]:
    """Starts the node and returns what stops it. `show` gets the lines of its console."""
    loaded = medium.load(settings.medium)
    make_folders(settings.paths)
    settings.paths.agent.mkdir(exist_ok=True)
    pool, own = pool_for(settings), identity.keep(settings.paths.keys)
    executor = assemble(settings, loaded, own, host_for(settings, loaded, pool, own), SystemClock())
    executor.keeper.restore()
    gateway, stopping = HttpGateway(loaded.file.gateway, loaded.ca), threading.Event()
    board = StatusBoard(settings.paths.status, SystemClock(), show)
    tell = teller(os.environ.get(ENDPOINT, ""), "hardpan-node")
    asked = traced(DirectExecutor(executor.service.respond), tell)
    agent = Agent(settings, asked, gateway, board, stopping)
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
