"""Stays connected to the node's queue: gets credentials, serves, and after any trouble waits, says why, and goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.broker import Connection, NodeBroker
from jobs.errors import AccessDenied, JobsError
from node_agent.agent.consumer import Consumer
from node_agent.agent.control import Executor
from node_agent.agent.heartbeat import Heartbeat
from node_agent.backoff import BackOff
from node_agent.errors import NodeError
from node_agent.status import StatusBoard

log = logging.getLogger(__name__)
PART = "queue"
SETTLED_SECONDS = 10.0


@dataclass
class Queue:
    """One node's tie to its queue. `obtain` fetches credentials, `connect` makes a broker of them."""

    executor: Executor
    obtain: Callable[[], Connection]
    connect: Callable[[Connection], NodeBroker]
    board: StatusBoard
    boot: str
    runners: int
    heartbeat_seconds: float
    back_off: BackOff = field(default_factory=lambda: BackOff(first=0.1, longest=10.0))

    def __post_init__(self) -> None:
        self._connection: Connection | None = None

    def serve(self, stopping: threading.Event) -> None:
        """Until stopping. Credentials are kept until the queue refuses them."""
        while not stopping.is_set():
            began = time.monotonic()
            try:
                self.serve_once(stopping)
            except AccessDenied:
                self._connection = None
                self.board.say(PART, "Away", "AccessDenied", "the queue refuses the password; asking for a new one")
            except JobsError as error:
                self.board.say(PART, "Away", type(error).__name__, f"{error}; trying again")
            except NodeError as error:
                self.board.say(PART, "Away", error.reason, error.message)
            except Exception as error:
                log.exception("the queue failed in a way that nobody foresaw")
                self.board.say(PART, "Away", "Internal", f"{type(error).__name__}; see the agent's log")
            if time.monotonic() - began > SETTLED_SECONDS:
                self.back_off.reset()
            stopping.wait(self.back_off.next())

    def serve_once(self, stopping: threading.Event) -> None:
        """One connection, until it fails. Raises JobsError or NodeError."""
        self._connection = self._connection or self.obtain()
        broker = self.connect(self._connection)
        beating = threading.Event()
        heartbeat = Heartbeat(broker, self.executor, self.heartbeat_seconds)
        try:
            heartbeat.beat(-1)
            self.board.say(PART, "Connected")
            beat = threading.Thread(target=heartbeat.serve, args=(beating,), daemon=True)
            beat.start()
            Consumer(broker, self.executor, self.boot, self.runners).serve(stopping)
        finally:
            beating.set()
            broker.close()
