"""Amounts, durations and labels as options write them. Raises Usage with the option and how to write it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from cli.errors import Usage
from crds.meta import LabelMap
from plans.quantity import parse_quantity

_DURATION = re.compile(r"([1-9][0-9]{0,4})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def quantity(text: str, option: str) -> int:
    """Bytes from 2Gi."""
    try:
        return parse_quantity(text, option)
    except ValueError as error:
        raise Usage(str(error)) from None


def duration(text: str, option: str, longest: timedelta) -> timedelta:
    """A time from 7d, 12h or 30m."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Usage(f"{option} is {text!r}: write it like 7d, 12h or 30m")
    asked = timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})
    if asked > longest:
        raise Usage(f"{option} is {text}: at most {longest.days}d are allowed")
    return asked


def labels(pairs: Sequence[str], option: str = "--label") -> dict[str, str]:
    """Labels from name=value words."""
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if len(found) != len(pairs) or not all("=" in pair for pair in pairs):
        raise Usage(f"{option} takes name=value, each name once: {' '.join(pairs)}")
    try:
        return TypeAdapter(LabelMap).validate_python(found, strict=True)
    except ValidationError:
        rule = "letters, digits, '.', '_' and '-', at most 63; a name may have '/' too"
        raise Usage(f"{option} takes {rule}: {' '.join(pairs)}") from None
