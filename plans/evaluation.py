"""What an evaluation is, and what of a manifest can be evaluated: all that is known of it where no script is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plans.errors import ScriptError
from plans.model import Plan
from trust.canonical import checked
from trust.errors import NotCanonical


@dataclass(frozen=True)
class Evaluation:
    """A plan, and what the script said by log() and print()."""

    plan: Plan
    said: tuple[str, ...]


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as they can be signed. Raises ScriptError naming the one that cannot."""
    values = plain(params, "spec.params")
    if not isinstance(values, dict):
        raise ScriptError("spec.params is no map: write name: value")
    return values


def plain(value: object, field: str) -> object:
    """What of a manifest can be signed. Raises ScriptError."""
    try:
        return checked(value, field)
    except NotCanonical as error:
        raise ScriptError(str(error)) from None
