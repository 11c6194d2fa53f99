"""The newest verified report of each node: what supervisors believe of a resource besides receipts."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from controllers.loop.objects import Object
from controllers.supervisor.model import Row
from jobs.broker import ControllerBroker
from trust.dsse import decode
from trust.errors import Refusal
from trust.machine import open_signed
from trust.report import REPORT_TYPE, Report

log = logging.getLogger(__name__)
RowKey = tuple[str, str, str]


@dataclass(frozen=True)
class Known:
    """A report with its rows by (deployment uid, kind, name)."""

    report: Report
    rows: dict[RowKey, Row]


class Reports:
    """Reads heartbeats and keeps the newest of each node; tells which deployments' rows changed."""

    def __init__(self, broker: ControllerBroker, cluster: str) -> None:
        self._broker = broker
        self._cluster = cluster
        self._known: dict[str, Known] = {}

    def of(self, node: str) -> Known | None:
        """The newest report, or None when the node has gone quiet."""
        return self._known.get(node)

    async def refresh(self, nodes: Iterable[Object]) -> set[str]:
        """Reads the heartbeats of these nodes; returns the uids of deployments whose rows are not what they were."""
        changed: set[str] = set()
        for node in nodes:
            changed |= self._replace(node.name, await self._read(node))
        return changed

    async def _read(self, node: Object) -> Known | None:
        data = await self._broker.heartbeat(node.name)
        if data is None:
            return None
        try:
            report = open_signed(data, REPORT_TYPE, Report, decode(node.spec["signingKey"]))
        except Refusal as refusal:
            log.warning("report of %s refused: %s", node.name, refusal)
            return None
        if report.node != node.name or report.cluster != self._cluster:
            log.warning("report of %s speaks for %s of %s", node.name, report.node, report.cluster)
            return None
        rows: dict[RowKey, Row] = {
            (row.deployment, row.kind, row.name): Row(
                row.epoch,
                row.generation,
                row.item,
                row.state,
                row.restarts,
                row.since,
                row.address or "",
                row.message or "",
            )
            for row in report.table
        }
        return Known(report, rows)

    def _replace(self, node: str, new: Known | None) -> set[str]:
        old = self._known.pop(node, None)
        if new is not None:
            self._known[node] = new
        before, after = old.rows if old else {}, new.rows if new else {}
        keys = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        # A node that went quiet or came back concerns all that it holds.
        keys |= (before.keys() | after.keys()) if (old is None) != (new is None) else set()
        return {uid for uid, _, _ in keys}
