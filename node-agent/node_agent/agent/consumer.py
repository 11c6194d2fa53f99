"""The node's only consumer of its queue: one reader, several runners, one thread that keeps the leases.

After any trouble the reader takes up first what was already in hand, when no runner has it any more.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from jobs.broker import Claim, NodeBroker
from jobs.errors import JobsError
from node_agent.agent.control import Executor, ask
from node_agent.agent.delivery import deliver
from node_agent.errors import NodeError
from node_agent.messages import Done, Stop

log = logging.getLogger(__name__)
CLAIM_SECONDS = 1.0
RENEW_SECONDS = 10.0
CONTROL_SECONDS = 1.0


@dataclass
class Consumer:
    """Serves the queue of one broker until it is stopped or the broker fails."""

    broker: NodeBroker
    executor: Executor
    boot: str
    runners: int

    def __post_init__(self) -> None:
        self._in_hand: dict[str, Claim] = {}
        self._free = threading.Semaphore(self.runners)
        self._changed = threading.Condition()
        self._trouble: Exception | None = None

    def serve(self, stopping: threading.Event) -> None:
        """Reads and runs. Raises what went wrong (JobsError, NodeError) after the runners are done."""
        keeper = threading.Thread(target=self._keep_leases, args=(done := threading.Event(),), daemon=True)
        keeper.start()
        with ThreadPoolExecutor(self.runners, "runner") as pool:
            try:
                self._take_up_pending(stopping)
                while not stopping.is_set() and self._trouble is None:
                    self._take_one(pool)
            finally:
                done.set()
        keeper.join()
        if self._trouble is not None:
            raise self._trouble

    def _take_up_pending(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            claim = self.broker.claim(0, pending=True)
            if claim is None:
                return
            self._handle(claim)
            if self._trouble is not None:
                return

    def _take_one(self, pool: ThreadPoolExecutor) -> None:
        if not self._free.acquire(timeout=CLAIM_SECONDS):
            return
        claim = None
        try:
            claim = self.broker.claim(CLAIM_SECONDS, pending=False)
        finally:
            if claim is None:
                self._free.release()
        if claim is not None:
            pool.submit(self._handle_and_free, claim)

    def _handle_and_free(self, claim: Claim) -> None:
        try:
            self._handle(claim)
        finally:
            self._free.release()

    def _handle(self, claim: Claim) -> None:
        with self._changed:
            self._in_hand[claim.uid] = claim
        try:
            deliver(claim, self.broker, self.executor, self.boot)
        except (JobsError, NodeError) as error:
            self._trouble = error
        except Exception as error:
            log.exception("delivery of job %s failed", claim.uid)
            self._trouble = error
        finally:
            with self._changed:
                self._in_hand.pop(claim.uid, None)

    def _keep_leases(self, done: threading.Event) -> None:
        position, passes = "0", 0
        while not done.wait(CONTROL_SECONDS):
            passes += 1
            try:
                position, stop = self.broker.control(position)
                if passes % int(RENEW_SECONDS / CONTROL_SECONDS) == 0:
                    with self._changed:
                        held = list(self._in_hand.values())
                    stop = [*stop, *(self.broker.renew(self.boot, held) if held else [])]
                for uid in stop:
                    if uid in self._in_hand:
                        ask(self.executor, Stop(job=uid), Done)
            except (JobsError, NodeError) as error:
                log.info("leases: %s", error)
