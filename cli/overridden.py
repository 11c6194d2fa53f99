"""What an operator decides against when approving a machine by hand, in the ledger's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# A machine that only waits for a person is not decided against.
_WAITS = "WaitingForApproval"


def overridden(node: Mapping[str, Any]) -> Iterator[str]:
    """A sentence each: why the ledger did not let it in, and what is wrong with what its TPM said. Pure."""
    conditions = {each["type"]: each for each in (node.get("status") or {}).get("conditions") or ()}
    approved, attested = conditions.get("Approved", {}), conditions.get("Attested", {})
    if approved.get("status") == "False" and approved.get("reason") not in ("", None, _WAITS):
        yield _sentence("the ledger lets it wait", approved)
    if attested.get("status") == "False" and attested.get("reason") != approved.get("reason"):
        yield _sentence("what its TPM says does not fit", attested)


def _sentence(what: str, condition: Mapping[str, Any]) -> str:
    why = str(condition.get("message", "")).split(". Approve anyway", 1)[0]
    return f"this overrides: {what}, {condition['reason']}: {why}"
