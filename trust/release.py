"""Which boot image a node may be brought to: one that the operator released, and none older than what counts by now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from trust.errors import Code, Refusal
from trust.part import VERSION
from trust.records import ReleaseRecord
from trust.snapshot import TrustView


@dataclass(frozen=True)
class Running:
    """What a node runs: version and flavour of its image.

    `ran` is the newest version that ever worked there, `least` the highest minimum that it ever saw; empty: none.
    """

    version: str
    flavour: str
    ran: str = ""
    least: str = ""


def is_version(text: str) -> bool:
    """Whether versions can be compared with it."""
    return re.fullmatch(VERSION, text) is not None


def order(version: str) -> tuple[int, ...]:
    """What versions are compared by; the empty one is before all. Raises ValueError for what is no version."""
    return tuple(int(part) for part in version.split(".")) if version else ()


def newest(versions: Iterable[str]) -> str:
    """The newest version; empty when there is none."""
    return max(versions, key=order, default="")


def minimum(view: TrustView, flavour: str) -> str:
    """The oldest version that may be installed by what the operator released for this flavour; empty: any."""
    return newest(each.minimum for each in view.releases.values() if each.flavour == flavour)


def permitted(view: TrustView, name: str, running: Running, now: datetime) -> ReleaseRecord:
    """The release that a node may be brought to.

    Raises Refusal(TrustExpired, ReleaseUnknown, WrongFlavour, BelowMinimum, OlderThanRan).
    """
    view.require_current(now)
    record = view.releases.get(name)
    if record is None:
        remedy = "an operator signs one: hardpan release create"
        raise Refusal(Code.RELEASE_UNKNOWN, f"trust snapshot {view.title} lists no release {name}: {remedy}")
    if record.flavour != running.flavour:
        message = f"release {name} is of flavour {record.flavour}, this node runs {running.flavour}: choose another"
        raise Refusal(Code.WRONG_FLAVOUR, message)
    _require_young(view, name, record, running)
    return record


def _require_young(view: TrustView, name: str, record: ReleaseRecord, running: Running) -> None:
    least = newest((running.least, minimum(view, running.flavour)))
    if order(record.version) < order(least):
        message = f"release {name} is version {record.version}, and {least} is the oldest that counts: choose a newer"
        raise Refusal(Code.BELOW_MINIMUM, message)
    ran = newest((running.ran, running.version))
    if order(record.version) < order(ran):
        message = f"release {name} is version {record.version}, and {ran} ran here: nodes never go back"
        raise Refusal(Code.OLDER_THAN_RAN, message)
