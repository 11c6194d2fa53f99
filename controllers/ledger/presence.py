"""What the ledger holds in memory of each node: reports that arrived, uptime, what the machine said of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from controllers.ledger.approval import Decision
from controllers.ledger.attestation import Attested
from controllers.ledger.uptime import Attendance, Beat, Liveness, credit, interval_seconds, is_replay, liveness
from trust.certificate import NodeCertificate
from trust.errors import Code, Refusal
from trust.part import parse_time
from trust.registration import Inventory, Registration
from trust.report import Report

LARGEST_SKEW_SECONDS = 60.0


@dataclass(frozen=True)
class Standing:
    """One node. `certificate` is there once it is approved, `report` once it reported.

    `skew` is by how many seconds its clock was ahead of ours when it did, `attested` what its TPM said.
    """

    attendance: Attendance
    reported: bool = False
    decision: Decision | None = None
    certificate: NodeCertificate | None = None
    inventory: Inventory | None = None
    report: Report | None = None
    skew: float = 0.0
    attested: Attested | None = None


class Presence:
    """All nodes. `clock` is monotonic seconds, `now` is UTC."""

    def __init__(self, clock: Callable[[], float], now: Callable[[], datetime], shortest_interval: float) -> None:
        self._clock, self._now, self._shortest = clock, now, shortest_interval
        self._nodes: dict[str, Standing] = {}
        self._waiting: dict[str, float] = {}

    def interval(self) -> float:
        """How often nodes are to report now."""
        return interval_seconds(len(self._nodes), self._shortest)

    def of(self, node: str) -> Standing | None:
        """What is known of a node."""
        return self._nodes.get(node)

    def known_from_before(self, node: str, days: tuple[tuple[str, float], ...]) -> None:
        """A node that reported to an earlier ledger counts as heard of just now: a restart hastens nothing."""
        if node not in self._nodes:
            self._nodes[node] = Standing(Attendance(self._clock(), days=days), reported=True)

    def registered(
        self,
        registration: Registration,
        decision: Decision,
        certificate: NodeCertificate | None,
        attested: Attested | None = None,
    ) -> None:
        """Takes in a registration."""
        held = self._nodes.get(registration.node) or Standing(Attendance(self._clock()))
        changed = replace(held, decision=decision, certificate=certificate, inventory=registration.inventory)
        self._nodes[registration.node] = replace(changed, attested=attested)
        if decision.state == "Approved":
            self._waiting.pop(registration.node, None)
        else:
            self._waiting[registration.node] = self._clock()

    def reported(self, report: Report) -> bool:
        """Takes in a verified report; whether it is worth a look at the node. Raises Refusal for a replay."""
        held = self._nodes.get(report.node) or Standing(Attendance(self._clock()))
        beat = Beat(report.boot, report.sequence)
        if is_replay(held.attendance, beat) or _of_an_earlier_boot(report, held.report):
            raise Refusal(Code.EXPIRED, f"report {report.sequence} of {report.node} came before")
        was, first = self.liveness(report.node), not held.reported
        attendance = credit(held.attendance, beat, self._clock(), self._now(), self.interval())
        skew = (parse_time(report.time) - self._now()).total_seconds()
        new = replace(held, attendance=attendance, reported=True, report=report, skew=skew)
        self._nodes[report.node] = new
        rebooted = held.report is not None and held.report.boot != report.boot
        return first or rebooted or was != "Reporting" or _is_news(held, new)

    def liveness(self, node: str) -> Liveness | None:
        """What a node's silence means; None before its first report."""
        held = self._nodes.get(node)
        if held is None or not held.reported:
            return None
        return liveness(held.attendance, self._clock(), self.interval())

    def silence(self, node: str) -> float:
        """For how long a node that waits for approval did not ask; from when this is first wanted to be known on."""
        now = self._clock()
        return now - self._waiting.setdefault(node, now)

    def forget(self, node: str) -> None:
        """The node is gone."""
        self._nodes.pop(node, None)
        self._waiting.pop(node, None)

    def names(self) -> list[str]:
        """All nodes."""
        return list(self._nodes)


def _is_news(held: Standing, new: Standing) -> bool:
    """Whether it says something else of itself or its image than before, or its clock turned wrong or right."""
    before, now = ((each.report.findings, each.report.image) if each.report else None for each in (held, new))
    off = [abs(each.skew) > LARGEST_SKEW_SECONDS for each in (held, new)]
    return before != now or off[0] != off[1]


def _of_an_earlier_boot(report: Report, newest: Report | None) -> bool:
    """An old report of another boot would keep a dead machine alive as often as somebody repeats it.

    The sequence rises across boots; its times do not, when its clock was wrong and was put right.
    """
    return newest is not None and report.boot != newest.boot and report.sequence <= newest.sequence
