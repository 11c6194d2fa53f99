"""Holds removals that come in too great a number until an operator agrees: a mistake takes a few machines only.

Pure. Only machines count: volumes wait for their machines anyway, and stay in the bin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crds.meta import REMOVALS_AGREED_UNTIL
from trust.part import format_time

WINDOW = timedelta(minutes=10)
ALWAYS_ALLOWED = 5
ALLOWED_PER_CENT = 10


@dataclass(frozen=True)
class Removal:
    """A machine that somebody asked to remove: where it is or was, and when it was asked for."""

    uid: str
    region: str
    asked: datetime


def held(
    removals: Iterable[Removal], machines: Mapping[str, int], agreed: datetime | None, supervisor: str
) -> dict[str, str]:
    """The machines (by uid) that have to wait, each with the sentence that says for what.

    `removals` are those that wait and those that were done lately, `machines` is how many a region has with both.
    Those asked for up to `agreed` count no more.
    """
    by_region: dict[str, list[Removal]] = defaultdict(list)
    for each in removals:
        if agreed is None or each.asked > agreed:
            by_region[each.region].append(each)
    found: dict[str, str] = {}
    for region, asked in by_region.items():
        allowed = max(ALWAYS_ALLOWED, machines.get(region, 0) * ALLOWED_PER_CENT // 100)
        burst = _burst(sorted(asked, key=lambda each: each.asked), allowed)
        if burst:
            found |= dict.fromkeys((each.uid for each in burst), _sentence(region, burst, allowed, supervisor))
    return found


def _burst(asked: Sequence[Removal], allowed: int) -> list[Removal]:
    """Every removal that has more than `allowed` of them, itself included, within ten minutes."""
    found: dict[str, Removal] = {}
    first = 0
    for last, each in enumerate(asked):
        while each.asked - asked[first].asked > WINDOW:
            first += 1
        if last - first + 1 > allowed:
            found |= {one.uid: one for one in asked[first : last + 1]}
    return list(found.values())


def _sentence(region: str, burst: Sequence[Removal], allowed: int, supervisor: str) -> str:
    until = format_time(max(each.asked for each in burst))
    return (
        f"{len(burst)} machines of region {region} are to be removed at once, more than {allowed} in 10 minutes need an"
        f" operator's word; if it is meant: kubectl annotate supervisors.hardpan.dev {supervisor} --overwrite"
        f" {REMOVALS_AGREED_UNTIL}={until}"
    )
