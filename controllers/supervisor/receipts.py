"""What a node's receipt means for the job or the removal that it answers. Pure but for opening the envelope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controllers.loop.conditions import Condition, merge
from controllers.loop.objects import Object
from controllers.supervisor.orders import retry_at
from crds.job import Reason
from jobs.broker import Event
from trust.certificate import NodeCertificate
from trust.dsse import decode
from trust.errors import Code, Refusal
from trust.job import RECEIPT_TYPE, Receipt
from trust.keys import digest
from trust.machine import open_signed
from trust.part import format_time
from trust.strangers import harmless

LONGEST_MESSAGE = 1_024


@dataclass(frozen=True)
class Answer:
    """A receipt that its node signed for this attempt of this uid."""

    receipt: Receipt
    digest: str

    @property
    def succeeded(self) -> bool:
        """All steps are done."""
        return self.receipt.state == "succeeded"

    @property
    def reason(self) -> str:
        """One word for the condition."""
        refused = Reason.REFUSED if self.receipt.state == "refused" else Reason.FAILED
        return str(Reason.SUCCEEDED if self.succeeded else refused)

    @property
    def message(self) -> str:
        """The node's words, as far as they can be shown."""
        words = f"{self.receipt.reason}: {self.receipt.message}" if self.receipt.message else self.receipt.reason
        return harmless(words, LONGEST_MESSAGE)

    @property
    def refusal(self) -> str:
        """The node's reason code, when it refused; a word that is none of ours is `Other`."""
        if self.receipt.state != "refused":
            return ""
        return self.receipt.reason if self.receipt.reason in set(Code) else "Other"


def open_answer(event: Event, node: NodeCertificate | None) -> Answer | None:
    """The receipt in an event, or None when this node did not sign it for this job and attempt."""
    if node is None:
        return None
    try:
        receipt = open_signed(event.payload, RECEIPT_TYPE, Receipt, decode(node.signing_key))
    except Refusal:
        return None
    matches = (receipt.node, receipt.job, receipt.attempt) == (event.node, event.uid, event.attempt)
    return Answer(receipt, digest(event.payload)) if matches else None


def job_status(job: Object, answer: Answer, now: datetime) -> dict[str, Any]:
    """The job's status after this answer: ended, or waiting for its next attempt."""
    attempt = answer.receipt.attempt
    if answer.succeeded:
        conditions = [Condition("Succeeded", "True", answer.reason, "")]
        return _status(job, conditions, now, attempt, receipt=answer.digest)
    conditions = [Condition("Succeeded", "Unknown", answer.reason, answer.message)]
    due = retry_at(attempt, job.uid, now)
    return _status(job, conditions, now, attempt + 1, receipt=answer.digest, nextAttempt=format_time(due))


def superseded_status(job: Object, attempt: int, now: datetime) -> dict[str, Any]:
    """The status of a job whose steps are no longer wanted."""
    message = "a newer revision or a removal made its steps moot"
    return _status(job, [Condition("Succeeded", "False", str(Reason.SUPERSEDED), message)], now, attempt)


def _status(job: Object, conditions: list[Condition], now: datetime, attempt: int, **more: str) -> dict[str, Any]:
    merged = merge(job.status.get("conditions") or (), conditions, job.generation, now)
    return {"attempt": attempt, "conditions": merged, **more}
