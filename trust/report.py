"""A node's report: what it is and what it runs, signed by the node.

The same bytes go to the ledger at its interval and into the node's queue as heartbeat. A report claims no authority.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from trust.canonical import canonical_bytes, parse_object
from trust.errors import Code, NotCanonical, Refusal

REPORT = "report"
LARGEST_REPORT = 1_048_576
MOST_ROWS = 1_000

MachineState = Literal["starting", "running", "restarting", "stopped", "failed"]
RowState = MachineState | Literal["present"]

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=63)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Text = Annotated[str, StringConstraints(max_length=256)]


class ReportPart(BaseModel):
    """A frozen piece of a report; camelCase on the wire, an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True)

    def wire(self) -> dict[str, Any]:
        """The JSON form; absent stays absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Row(ReportPart):
    """One resource on the node. `deployment` is the deployment's uid, `item` the digest of its item of the plan.

    `state` is `present` for a volume; `since` is when the state began; `address` is the machine's overlay address.
    """

    kind: Literal["machine", "volume"]
    namespace: Label
    name: Label
    deployment: Annotated[str, StringConstraints(max_length=64)]
    epoch: Count
    generation: Count
    item: Digest
    state: RowState
    restarts: Count
    since: Text
    address: Text | None = None
    message: Text | None = None


class ReportCapacity(ReportPart):
    """What the node can give to machines: processors, bytes of memory, bytes of disk."""

    cpus: Count
    memory: Count
    disk: Count


class Report(ReportPart):
    """What the node says of itself. `boot` names this start of the machine; `sequence` only rises, across boots too."""

    cluster: Digest
    node: Annotated[str, StringConstraints(pattern=r"^n-[a-z2-7]{26}$")]
    boot: Text
    sequence: Count
    time: Text
    uptime_seconds: Count
    snapshot_version: Count
    capacity: ReportCapacity
    table: Annotated[list[Row], Field(max_length=MOST_ROWS)]

    def to_bytes(self) -> bytes:
        """The canonical bytes that the node signs."""
        return canonical_bytes(self.wire())


def parse_report(body: bytes) -> Report:
    """The report in these verified bytes. Raises Refusal with TooLarge, BadEncoding or UnknownField."""
    if len(body) > LARGEST_REPORT:
        raise Refusal(Code.TOO_LARGE, f"a report of {len(body)} bytes is larger than {LARGEST_REPORT}")
    try:
        parse_object(body, LARGEST_REPORT)
        return Report.model_validate_json(body)
    except NotCanonical as error:
        raise Refusal(Code.BAD_ENCODING, f"the report is {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Refusal(Code.UNKNOWN_FIELD, f"the report's {field}: {first['msg']}", field) from None
