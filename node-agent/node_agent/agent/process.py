"""The agent's process: registers, reports, serves the queue, until it is told to stop."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jobs.broker import Connection, NodeBroker
from jobs.redis_node import RedisNodeBroker
from jobs.trace import ENDPOINT, teller
from node_agent import logs, medium, settings
from node_agent.agent.access import obtain
from node_agent.agent.control import Executor, SocketExecutor, ask
from node_agent.agent.gateway import Gateway, HttpGateway
from node_agent.agent.queue import Queue
from node_agent.agent.registration import Registration
from node_agent.agent.tracing import traced
from node_agent.agent.uptime import Uptime
from node_agent.backoff import BackOff
from node_agent.clock import SystemClock
from node_agent.errors import NodeError
from node_agent.messages import Hello, Welcome
from node_agent.privileges import become
from node_agent.settings import NodeSettings
from node_agent.status import StatusBoard


@dataclass(frozen=True)
class Agent:
    """The agent's parts that outlive a registration. `randomness` is for jitter."""

    settings: NodeSettings
    executor: Executor
    gateway: Gateway
    board: StatusBoard
    stopping: threading.Event
    connect: Callable[[str, Connection], NodeBroker] = RedisNodeBroker
    randomness: random.Random = field(default_factory=random.Random)

    def serve(self) -> None:
        """Registers, then reports until the ledger no longer knows the node, and again; the queue goes on beside.

        However this ends, the queue ends too: half an agent would look alive and never be started again.
        """
        queues: list[threading.Thread] = []
        try:
            self._report(queues)
        finally:
            self.stopping.set()
            for queue in queues:
                queue.join(10.0)

    def _report(self, queues: list[threading.Thread]) -> None:
        wait = self.stopping.wait
        registration = Registration(self.executor, self.gateway, self.board, wait, BackOff(source=self.randomness))
        fixed, back_off = self.settings.report_seconds, BackOff(source=self.randomness)
        uptime = Uptime(self.executor, self.gateway, self.board, wait, fixed, back_off)
        while (approved := registration.until_approved()) is not None:
            if not queues:
                queues.append(self._start_queue())
            if not uptime.until_unknown(approved.report_interval_seconds):
                return

    def _start_queue(self) -> threading.Thread:
        known = ask(self.executor, Hello(), Welcome)
        folder = self.settings.paths.agent
        queue = Queue(
            executor=self.executor,
            obtain=lambda: obtain(self.executor, self.gateway, folder),
            connect=lambda connection: self.connect(known.node, connection),
            board=self.board,
            boot=known.boot,
            runners=self.settings.runners,
            heartbeat_seconds=self.settings.heartbeat_seconds,
            back_off=BackOff(first=0.1, longest=10.0, source=self.randomness),
        )
        thread = threading.Thread(target=queue.serve, args=(self.stopping,), name="queue")
        thread.start()
        return thread


def main(path: Path) -> int:
    """Runs the agent with the settings in this file; returns the exit code."""
    logs.setup()
    try:
        agent = prepare(settings.load(path))
        wait_for_executor(agent)
        agent.serve()
    except NodeError as error:
        print(f"agent stopped, {error.reason}: {error.message}", file=sys.stderr, flush=True)
        return 1
    return 0


def prepare(chosen: NodeSettings) -> Agent:
    """Everything that needs root comes before the agent gives it up."""
    loaded = medium.load(chosen.medium)
    gateway = HttpGateway(loaded.file.gateway, loaded.ca)
    chosen.paths.agent.mkdir(mode=0o700, parents=True, exist_ok=True)
    hand_over(chosen.paths.agent, chosen.agent_user)
    local = settle_in(chosen)
    become(chosen.agent_user)
    board = StatusBoard(local.paths.status, SystemClock(), lambda line: print(line, flush=True))
    board.about(controlPlane=loaded.file.gateway)
    executor = traced(SocketExecutor(local.paths.socket), teller(os.environ.get(ENDPOINT, ""), "hardpan-node"))
    return Agent(local, executor, gateway, board, _stop_on_signal())


def settle_in(chosen: NodeSettings) -> NodeSettings:
    """The same settings by relative paths: the way to the state directory may be closed to the agent's user."""
    os.chdir(chosen.paths.agent)
    return chosen.model_copy(update={"state": Path("..")})


def hand_over(folder: Path, user: int) -> None:
    """The agent's folder, and what an earlier run left in it, belongs to this user."""
    if os.getuid() == 0:
        for each in (folder, *folder.iterdir()):
            os.chown(each, user, user)


def wait_for_executor(agent: Agent) -> None:
    """Waits until the executor answers, saying what it waits for."""
    back_off = BackOff(first=0.05, longest=1.0)
    while not agent.stopping.is_set():
        try:
            ask(agent.executor, Hello(), Welcome)
            return
        except NodeError as error:
            if back_off.failures > 5:
                agent.board.say("machines", "Waiting", error.reason, error.message)
        agent.stopping.wait(back_off.next())


def _stop_on_signal() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
