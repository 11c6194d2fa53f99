"""Merges conditions with what a status says already: a transition time moves only when the status flips. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from controllers.loop.objects import Json

MESSAGE_LIMIT = 4096
ConditionStatus = Literal["True", "False", "Unknown"]


@dataclass(frozen=True)
class Condition:
    """What a controller says of an object; `reason` is one of the words that the kind documents."""

    type: str
    status: ConditionStatus
    reason: str
    message: str = ""


def merge(held: Iterable[Json], wanted: Iterable[Condition], generation: int, now: datetime) -> list[dict[str, Any]]:
    """The conditions to apply as `metav1.Condition`, by type: those of `wanted`, with the times that `held` has.

    Conditions of other writers are left out, for server-side apply keeps what it is not told of. Raises ValueError for
    a condition without a reason or said twice.
    """
    times = {each["type"]: (each.get("status"), each.get("lastTransitionTime")) for each in held}
    merged: dict[str, dict[str, Any]] = {}
    for each in wanted:
        if not each.reason or each.type in merged:
            raise ValueError(f"condition {each.type}: needs one reason, once")
        merged[each.type] = _wire(each, times.get(each.type, (None, None)), generation, now)
    return [merged[name] for name in sorted(merged)]


def _wire(wanted: Condition, held: tuple[str | None, str | None], generation: int, now: datetime) -> dict[str, Any]:
    status, since = held
    kept = since if status == wanted.status and since else f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "type": wanted.type,
        "status": wanted.status,
        "reason": wanted.reason,
        "message": _bounded(wanted.message),
        "lastTransitionTime": kept,
        "observedGeneration": generation,
    }


def _bounded(message: str) -> str:
    return message if len(message) <= MESSAGE_LIMIT else message[: MESSAGE_LIMIT - 1] + "…"


def condition(status: Json, type: str) -> Json | None:
    """The condition of that type in a status, or None."""
    return next((each for each in status.get("conditions") or () if each.get("type") == type), None)


def is_true(status: Json, type: str) -> bool:
    """Whether a status says that this condition holds."""
    found = condition(status, type)
    return found is not None and found.get("status") == "True"
