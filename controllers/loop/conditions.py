"""Merges conditions into what a status has: a time moves only when the status flips. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

LONGEST_MESSAGE = 4096


class Fact(Protocol):
    """A condition before it meets its history."""

    @property
    def type(self) -> str:
        """The condition's name."""

    @property
    def status(self) -> str:
        """True, False or Unknown."""

    @property
    def reason(self) -> str:
        """One word of the kind's documented list."""

    @property
    def message(self) -> str:
        """A sentence for people."""


def merge(
    held: Iterable[Mapping[str, Any]], facts: Iterable[Fact], generation: int, now: datetime
) -> list[dict[str, Any]]:
    """The conditions to write, by type in the order of the facts."""
    before = {each["type"]: each for each in held}
    return [_condition(before.get(fact.type, {}), fact, generation, now) for fact in facts]


def _condition(old: Mapping[str, Any], fact: Fact, generation: int, now: datetime) -> dict[str, Any]:
    flipped = old.get("status") != fact.status
    return {
        "type": fact.type,
        "status": fact.status,
        "reason": str(fact.reason),
        "message": fact.message[:LONGEST_MESSAGE],
        "lastTransitionTime": f"{now:%Y-%m-%dT%H:%M:%SZ}" if flipped else old["lastTransitionTime"],
        "observedGeneration": generation,
    }


def same(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a status already says all of this, so that nothing needs to be written."""
    conditions = {each["type"]: each for each in held.get("conditions") or ()}
    for key, value in wanted.items():
        if key == "conditions":
            if any(conditions.get(each["type"]) != each for each in value):
                return False
        elif held.get(key) != value:
            return False
    return True
