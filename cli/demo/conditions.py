"""What the demo reads of an object's status."""

from __future__ import annotations

from typing import Any


def condition(seen: dict[str, Any], kind: str) -> str:
    """The status of one condition."""
    conditions = (seen.get("status") or {}).get("conditions") or []
    return next((str(each["status"]) for each in conditions if each["type"] == kind), "")


def is_current(seen: dict[str, Any]) -> bool:
    """Whether the status speaks of the spec as it is now."""
    return bool((seen.get("status") or {}).get("observedGeneration") == seen["metadata"]["generation"])
