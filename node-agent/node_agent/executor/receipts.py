"""The node's signed word on what a job did, each chained to the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from node_agent.clock import Clock
from node_agent.executor.identity import Identity
from node_agent.executor.journal import ChainHead
from node_agent.executor.refusals import Refusals
from trust.job import RECEIPT_TYPE, Receipt, StepOutcome
from trust.machine import sign

FIRST = "sha256:" + "0" * 64
LONGEST = 1024


@dataclass(frozen=True)
class Verdict:
    """How a job ended."""

    state: Literal["succeeded", "failed", "refused"]
    reason: str
    message: str = ""
    steps: tuple[StepOutcome, ...] = ()


@dataclass(frozen=True)
class Notary:
    """Writes and signs receipts in the node's name."""

    identity: Identity
    boot: str
    clock: Clock
    refusals: Refusals

    def write(self, job: str, attempt: int, verdict: Verdict, head: ChainHead) -> bytes:
        """The receipt's envelope, next after `head`."""
        if verdict.state == "refused":
            self.refusals.count("job", verdict.reason)
        receipt = Receipt(
            node=self.identity.node,
            boot=self.boot,
            job=job[:256],
            attempt=attempt,
            sequence=head.number + 1,
            previous=head.digest or FIRST,
            time=self.clock.timestamp(),
            state=verdict.state,
            reason=verdict.reason,
            message=verdict.message[:LONGEST],
            steps=verdict.steps,
        )
        return sign(RECEIPT_TYPE, receipt.to_bytes(), self.identity.signing, self.identity.key_id)
