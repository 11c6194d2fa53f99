"""Uptime reports: verified, credited, answered with what the node should know; thousands a minute, so no API calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controllers.ledger.conflicts import Conflicts
from controllers.ledger.presence import Presence
from controllers.loop.cache import Cache
from controllers.loop.objects import ObjectKey
from controllers.removed import sentence
from controllers.trust_source import TrustSource
from trust.errors import Code, Refusal
from trust.keys import named_key
from trust.machine import open_signed, peek
from trust.part import format_time
from trust.report import REPORT_TYPE, Report


@dataclass(frozen=True)
class ReportDesk:
    """Takes in reports."""

    nodes: Cache
    trust: TrustSource
    presence: Presence
    conflicts: Conflicts
    clock: Callable[[], datetime]
    wake: Callable[[ObjectKey], None]

    async def answer(self, data: bytes) -> dict[str, Any]:
        """The answer to a report. Raises Refusal."""
        name = peek(data, REPORT_TYPE, Report).node
        node = self.nodes.get(ObjectKey("", name))
        if node is None:
            raise Refusal(Code.WRONG_NODE, f"{name} is not known here: register first")
        report = open_signed(data, REPORT_TYPE, Report, named_key(name, node.spec["signingKey"]))
        view, bundle = self.trust.view(), self.trust.bundle()
        if report.cluster != view.cluster:
            raise Refusal(Code.WRONG_CLUSTER, f"{name} reports to cluster {report.cluster}")
        if view.node_revoked(name):
            raise Refusal(Code.NODE_REVOKED, f"{name} is revoked by the operator: wipe the machine to enrol it anew")
        if removed := sentence(node):
            raise Refusal(Code.NODE_REMOVED, removed)
        if conflict := self.conflicts.of(node):
            raise Refusal(Code.NODE_CONFLICT, conflict)
        self.conflicts.reported(report, node)
        if self.presence.reported(report):
            self.wake(node.key)
        return {
            "reportIntervalSeconds": self.presence.interval(),
            "serverTime": format_time(self.clock()),
            "trust": {"version": view.version, "digest": bundle.digest},
            "state": "Ready" if node.spec.get("certificate") else "Pending",
            **({"image": dict(node.spec["image"])} if node.spec.get("image") else {}),
        }
