"""A node as the supervisor meets it: takes orders from its queue through the real gate, keeps a table, signs receipts.

What it is made to fail at, it fails at; while it is `down` it takes nothing and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jobs.broker import REPORT_UID, Claim
from jobs.testing import MemoryNodeBroker, MemoryRedis
from tests.unit.trust import world as trusted
from trust.canonical import canonical_bytes
from trust.errors import Refusal
from trust.gate import Admitted, Fence, Marks, admit
from trust.host_name import host_name
from trust.job import JOB_TYPE, RECEIPT_TYPE, JobBody, JobStep, Receipt
from trust.keys import digest, node_id
from trust.machine import peek, sign
from trust.part import format_time
from trust.report import REPORT_TYPE, Report, ReportCapacity, Row
from trust.revision import Mark

Key = tuple[str, str, str]
GIB = 1 << 30
BEAT_SECONDS = 10.0


@dataclass
class FakeNode:
    """`name` is the name of its key. `trouble` maps (kind, name) to the words with which its steps fail.

    `steps` is every effect in order. `held` keeps claims in hand without an answer, as a step that takes long does.
    """

    name: str
    redis: MemoryRedis
    clock: Any
    region: str = "eu"
    down: bool = False
    held: bool = False
    boot: str = "boot-1"
    capacity: tuple[int, int, int] = (8, 8 * GIB, 100 * GIB)
    trouble: dict[tuple[str, str], str] = field(default_factory=dict)
    states: dict[tuple[str, str], str] = field(default_factory=dict)
    table: dict[Key, Row] = field(default_factory=dict)
    bin: set[str] = field(default_factory=set)
    steps: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = trusted.machine_key(self.name)
        self.id = node_id(self.key.public)
        self.certificate = trusted.certificate(self.name, region=self.region)
        self.broker = MemoryNodeBroker(self.redis, self.id)
        self.fences: dict[tuple[str, str, str, str], Fence] = {}
        self.revisions: dict[tuple[str, str], Mark] = {}
        self.lease = 0
        self.snapshot = 0
        self.sequence = 0
        self.beaten = datetime.min.replace(tzinfo=UTC)

    @property
    def runs(self) -> set[str]:
        """`kind/name` of all that is up."""
        return {f"{kind}/{name}" for _, kind, name in self.table}

    def beat(self) -> bool:
        """Runs what is in the queue and reports; whether anything was done."""
        if self.down or self.redis.down:
            return False
        done = False
        self.redis.queue(self.id, make=True)
        while not self.held and (claim := self.broker.claim(0, pending=False)) is not None:
            self._run(claim)
            done = True
        now = self.clock()
        if done or (now - self.beaten).total_seconds() >= BEAT_SECONDS:
            self.beaten = now
            self.broker.put_heartbeat(self.report())
        return done

    def release(self) -> None:
        """Answers what was held."""
        self.held = False
        while (claim := self.broker.claim(0, pending=True)) is not None:
            self._run(claim)

    def take(self) -> Claim | None:
        """Takes an order in hand and begins it, without an answer yet."""
        claim = self.broker.claim(0, pending=False)
        if claim is not None:
            self.broker.start(claim, self.boot, takeover=True)
        return claim

    def say_changed(self) -> None:
        """Tells that its table changed by itself, as after a crash of a machine."""
        self.broker.put_heartbeat(report := self.report())
        self.broker.post_event(REPORT_UID, 0, report)

    def report(self) -> bytes:
        """The signed report."""
        self.sequence += 1
        cpus, memory, disk = self.capacity
        rows = [self._row(row) for row in self.table.values()]
        body = Report(
            cluster=trusted.CLUSTER, node=self.id, boot=self.boot, start=1, sequence=self.sequence, time=self._time(),
            uptime_seconds=1, snapshot_version=self.snapshot,
            capacity=ReportCapacity(cpus=cpus, memory=memory, disk=disk), table=tuple(rows),
            bin=tuple(sorted(self.bin)),
        )  # fmt: skip
        return sign(REPORT_TYPE, body.to_bytes(), self.key, self.id)

    def _row(self, row: Row) -> Row:
        state = self.states.get((row.kind, row.name))
        return row.model_copy(update={"state": state, "message": "guest kernel panic"}) if state else row

    def _time(self) -> str:
        now: datetime = self.clock()
        return format_time(now)

    def _run(self, claim: Claim) -> None:
        self.broker.start(claim, self.boot, takeover=True)
        try:
            marks = self._marks(peek(claim.envelope, JOB_TYPE, JobBody))
            admitted = admit(claim.envelope, self.broker.document, marks, self.certificate, self.clock())
        except Refusal as refusal:
            self.refusals.append(str(refusal.code))
            self._answer(claim, "refused", str(refusal.code), str(refusal))
            return
        self._remember(admitted)
        for each in admitted.steps:
            words = self.trouble.get((each.step.kind, each.step.name), "")
            if words:
                self._answer(claim, "failed", "StepFailed", words)
                return
            self._perform(admitted, each.step, each.item)
        self._answer(claim, "succeeded", "Succeeded", "")

    def _marks(self, job: JobBody) -> Marks:
        revision = self.revisions.get((job.deployment.namespace, job.deployment.name))
        return Marks(trusted.CLUSTER, self.snapshot, self.lease, revision, self.fences)

    def _remember(self, admitted: Admitted) -> None:
        job = admitted.job
        self.lease, self.snapshot = max(self.lease, job.lease), max(self.snapshot, admitted.view.version)
        if admitted.deployment is not None and job.revision is not None:
            place = (job.deployment.namespace, job.deployment.name)
            self.revisions[place] = Mark(job.revision, admitted.deployment_digest)

    def _perform(self, admitted: Admitted, step: JobStep, item: Mapping[str, Any] | None) -> None:
        place = admitted.job.deployment
        fence = (place.namespace, place.name, step.kind, step.name)
        self.steps.append((f"{step.kind}.{step.verb}", step.name))
        name = host_name(trusted.CLUSTER, place.tenant, *fence)
        self.bin.discard(name)
        if step.verb == "absent":
            self.bin |= {name} if step.kind == "volume" else set()
            self.table.pop((place.namespace, step.kind, step.name), None)
            self.fences.pop(fence, None)
            return
        self.fences[fence] = Fence(step.epoch, step.generation)
        self.table[(place.namespace, step.kind, step.name)] = Row(
            kind="machine" if step.kind == "machine" else "volume",
            namespace=place.namespace, name=step.name, deployment=place.uid, epoch=step.epoch,
            generation=step.generation,
            item=digest(canonical_bytes({"kind": step.kind, "name": step.name, "spec": dict(item or {})})),
            state="running" if step.kind == "machine" else "present", restarts=0, since=self._time(),
            address="400::1" if step.kind == "machine" else None,
        )  # fmt: skip

    def _answer(self, claim: Claim, state: Any, reason: str, message: str) -> None:
        self.broker.put_heartbeat(self.report())
        self.broker.finish(claim, self.boot, self.receipt(claim.uid, claim.attempt, state, reason, message))

    def receipt(
        self,
        job: str,
        attempt: int,
        state: Any = "succeeded",
        reason: str = "Succeeded",
        message: str = "",
        **forged: Any,
    ) -> bytes:
        """A signed receipt; `forged` makes fields of it wrong, `key` who signs."""
        key = forged.pop("key", self.key)
        body = Receipt(
            **{
                "node": self.id, "boot": self.boot, "job": job, "attempt": attempt,
                "sequence": len(self.receipts) + 1, "previous": digest(b"".join(self.receipts[-1:])),
                "time": self._time(), "state": state, "reason": reason, "message": message, "steps": (), **forged,
            }
        )  # fmt: skip
        self.receipts.append(sign(RECEIPT_TYPE, body.to_bytes(), key, self.id))
        return self.receipts[-1]
