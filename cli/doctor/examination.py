"""Runs checks one after the other; one that fails is a finding too. Then text or data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cli.doctor.check import Check, Finding, State, wrong
from cli.errors import CliError
from cli.text import counted, wrapped
from jobs.errors import JobsError
from sal.errors import SalError

Ground = TypeVar("Ground")
SIGNS = {State.WELL: "✓", State.SOON: "!", State.WRONG: "✗", State.SKIPPED: "–"}


@dataclass(frozen=True)
class Diagnosis:
    """What a check found."""

    check: str
    finding: Finding


def examine(checks: Iterable[Check[Ground]], ground: Ground) -> list[Diagnosis]:
    """Everything that was found."""
    return [Diagnosis(check.name, each) for check in checks for each in _look(check, ground)]


def _look(check: Check[Ground], ground: Ground) -> list[Finding]:
    try:
        return list(check.look(ground))
    except (CliError, SalError, JobsError) as error:
        return [wrong(f"cannot be looked at: {str(error).splitlines()[0]}", "mend that first, then ask again")]


def is_well(found: Iterable[Diagnosis]) -> bool:
    """Whether nothing is wrong."""
    return all(each.finding.state is not State.WRONG for each in found)


def text(found: Sequence[Diagnosis]) -> str:
    """One line a finding, its remedy behind an arrow, and a summary."""
    width = max((len(each.check) for each in found), default=0)
    lines = [_line(each, width) for each in found]
    return "\n".join([*lines, "", _summary(found)])


def _line(each: Diagnosis, width: int) -> str:
    head = f"  {SIGNS[each.finding.state]} {each.check:<{width}}  "
    remedy = f" → {each.finding.remedy}" if each.finding.remedy else ""
    return wrapped(f"{head}{each.finding.message}{remedy}", len(head))


def _summary(found: Sequence[Diagnosis]) -> str:
    bad = sum(each.finding.state is State.WRONG for each in found)
    coming = sum(each.finding.state is State.SOON for each in found)
    if bad:
        return f"{counted(bad, 'thing')} {'is' if bad == 1 else 'are'} wrong."
    return f"Nothing is wrong; {counted(coming, 'thing')} to look after." if coming else "Nothing is wrong."


def data(found: Sequence[Diagnosis]) -> dict[str, Any]:
    """For programs."""
    listed = [
        {
            "check": each.check,
            "state": each.finding.state.value,
            "message": each.finding.message,
            "remedy": each.finding.remedy or None,
        }
        for each in found
    ]
    return {"well": is_well(found), "findings": listed}
