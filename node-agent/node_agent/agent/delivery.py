"""One delivery from claim to acknowledgement, in the order that makes a crash at any line harmless.

Journal first, then the lease, then the work, the report, the receipt (reference: queue.md section 6.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.broker import Claim, NodeBroker
from jobs.errors import AlreadyDone, BadDocument, HeldElsewhere, StaleFence
from node_agent.agent.control import Executor, ask
from node_agent.errors import TryAgain
from node_agent.messages import LARGEST_LINE, Look, Looked, MakeReport, Ran, Run, Signed
from trust.dsse import LARGEST_ENVELOPE
from trust.errors import Refusal
from trust.job import JOB_TYPE, JobBody
from trust.machine import peek

# In base64 it fits into a line of the seam between agent and executor, with the envelope.
LARGEST_LOAD = (LARGEST_LINE - LARGEST_ENVELOPE * 2) // 4 * 3


def deliver(claim: Claim, broker: NodeBroker, executor: Executor, boot: str) -> None:
    """Handles a claim to its end.

    Raises TryAgain, Unavailable or AccessDenied when the entry stays in hand and has to be delivered again.
    """
    looked = ask(executor, Look(job=claim.uid, attempt=claim.attempt), Looked)
    try:
        # The executor's lock makes this the only consumer of the node: an older boot's lease is a dead one's.
        broker.start(claim, boot, takeover=True)
        receipt = looked.receipt or _run(claim, broker, executor)
        # Who reads the receipt looks at the heartbeat next, and must find there what the receipt is about.
        broker.put_heartbeat(ask(executor, MakeReport(), Signed).envelope.encode())
        broker.finish(claim, boot, receipt)
    except (StaleFence, AlreadyDone):
        broker.drop(claim)
    except HeldElsewhere:
        raise TryAgain("LeaseHeld", f"job {claim.uid} is leased by another runner of this node") from None


def _run(claim: Claim, broker: NodeBroker, executor: Executor) -> bytes:
    documents = dict(_documents(claim, broker))
    request = Run(job=claim.uid, attempt=claim.attempt, envelope=claim.envelope, documents=documents)
    return ask(executor, request, Ran).receipt


def _documents(claim: Claim, broker: NodeBroker) -> Iterator[tuple[str, bytes]]:
    """What the job names and the queue has, as much as one request may carry; the executor says what is missing.

    A job may name a thousand documents of a megabyte: who forged it would have the agent take the node's memory.
    """
    room = LARGEST_LOAD
    try:
        job = peek(claim.envelope, JOB_TYPE, JobBody)
    except Refusal:
        return
    for digest in (job.trust, job.document, job.plan, *job.certificates):
        if digest is None:
            continue
        try:
            document = broker.document(digest)
        except BadDocument:
            continue
        room -= len(document)
        if room < 0:
            return
        yield digest, document
