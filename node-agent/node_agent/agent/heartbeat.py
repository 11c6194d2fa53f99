"""Keeps the newest report in the node's queue: on every change at once, and often enough that it never runs out."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from jobs.broker import REPORT_UID, NodeBroker
from jobs.errors import JobsError
from node_agent.agent.control import Executor, ask
from node_agent.errors import NodeError
from node_agent.messages import Changed, MakeReport, Signed, WaitForChange


@dataclass
class Heartbeat:
    """Beats into one broker."""

    broker: NodeBroker
    executor: Executor
    seconds: float

    def beat(self, version: int) -> int:
        """Waits for a change or for the time to pass, and stores a report; returns the table's version.

        A change is also told as an event, so that the supervisor need not wait for its next look.
        """
        now = ask(self.executor, WaitForChange(version=version, seconds=self.seconds), Changed).version
        envelope = ask(self.executor, MakeReport(), Signed).envelope.encode()
        self.broker.put_heartbeat(envelope)
        if now != version:
            self.broker.post_event(REPORT_UID, 0, envelope)
        return now

    def serve(self, done: threading.Event) -> None:
        """Beats until done; trouble with the queue is the consumer's to tell."""
        version = -1
        while not done.is_set():
            try:
                version = self.beat(version)
            except (JobsError, NodeError):
                version = -1
                done.wait(1.0)
