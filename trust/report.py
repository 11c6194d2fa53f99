"""A node's report: what it is and what it runs, signed by the node.

The same bytes go to the ledger at its interval and into the node's queue as heartbeat. A report claims no authority.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from trust.dsse import payload_type
from trust.part import Count, Digest, Label, NodeId, Ordinal, Signed, Text, Time, Version

REPORT_TYPE = payload_type("report")
MOST_ROWS = 1_000
MOST_FINDINGS = 16

MachineState = Literal["starting", "running", "restarting", "stopped", "failed"]
RowState = MachineState | Literal["present"]


class Row(Signed):
    """One resource on the node. `deployment` is the deployment's uid, `item` the digest of its item of the plan.

    `state` is `present` for a volume; `since` is when the state began; `address` is the machine's overlay address.
    """

    kind: Literal["machine", "volume"]
    namespace: Label
    name: Label
    deployment: Text
    epoch: Count
    generation: Count
    item: Digest
    state: RowState
    restarts: Count
    since: Time
    address: Text | None = None
    message: Text | None = None


class ReportCapacity(Signed):
    """What the node can give to machines: processors, bytes of memory, bytes of disk."""

    cpus: Count
    memory: Count
    disk: Count


class Finding(Signed):
    """Something that is wrong with the node itself: a word, and a sentence with the remedy."""

    reason: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]{0,63}$")]
    message: Text


class ReportImage(Signed):
    """The boot image that the node runs, and how far it is with the one that it was asked to run.

    `release` and `asked` repeat the latest order that it heard; `state` is what became of it, `reason` why not.
    """

    version: Version
    flavour: Label
    release: Label | None = None
    asked: Time | None = None
    state: Literal["current", "upgrading", "fell-back", "failed"]
    reason: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]{0,63}$")] | None = None
    message: Text | None = None


class Report(Signed):
    """What the node says of itself. `boot` names this start of the machine; `sequence` only rises, across boots too.

    `start` is the number of the start that its registration names, `bin` the host names of the volumes in its bin.
    `findings` is what is wrong with the node; absent when nothing is, and in reports of earlier versions.
    `image` is absent where the node was not booted from one, and in reports of earlier versions.
    """

    cluster: Digest
    node: NodeId
    boot: Text
    start: Ordinal
    sequence: Count
    time: Time
    uptime_seconds: Count
    snapshot_version: Count
    capacity: ReportCapacity
    table: Annotated[tuple[Row, ...], Field(max_length=MOST_ROWS, strict=False)]
    bin: Annotated[tuple[Text, ...], Field(max_length=MOST_ROWS, strict=False)]
    findings: Annotated[tuple[Finding, ...], Field(max_length=MOST_FINDINGS, strict=False)] | None = None
    image: ReportImage | None = None
