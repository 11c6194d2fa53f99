"""Amounts as scripts write them: "2Gi", "256Mi", or a whole number of bytes."""

from __future__ import annotations

import re

from plans.spelling import lookalike, spelled

UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
LARGEST = 1 << 50
_FORM = re.compile(r"(0|-?[1-9][0-9]{0,9})(Ki|Mi|Gi|Ti)")


def parse_quantity(value: object, field: str) -> int:
    """Bytes. ValueError names the field, what was given, and how to write it."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f'{field} is {spelled(value)}: write it like "2Gi", or as a whole number of bytes')
    amount = value if isinstance(value, int) else _parse(value, field)
    if amount <= 0:
        raise ValueError(f"{field} is {value}: it must be above zero")
    if amount > LARGEST:
        raise ValueError(f"{field} is {value}: more than {format_quantity(LARGEST)} cannot be meant")
    return amount


def _parse(text: str, field: str) -> int:
    match = _FORM.fullmatch(text)
    if match is None:
        given = f"{field} is {spelled(text)}{lookalike(text)}"
        raise ValueError(f'{given}: write a whole number with {", ".join(UNITS)}, like "2Gi"')
    return int(match.group(1)) * UNITS[match.group(2)]


def format_quantity(amount: int) -> str:
    """The shortest exact spelling."""
    for unit, factor in reversed(UNITS.items()):
        if amount and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return str(amount)
