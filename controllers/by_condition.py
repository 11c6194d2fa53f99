"""How many objects of a kind say what of themselves, kept up to date by every change: no scrape goes through them all.

Only conditions and reasons that the kind documents are told apart, so whoever writes a status makes no new series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from controllers.loop.lease import Lease
from controllers.loop.measures import Measures, Row
from controllers.loop.objects import Object
from crds.meta import KindDefinition

NONE_YET = ""
OTHER = "Other"
STATUSES = frozenset({"True", "False", "Unknown"})


class ByCondition:
    """A tally of a cache. An object without conditions counts as Unknown in the kind's first one."""

    def __init__(self, definition: KindDefinition) -> None:
        self._kind = definition.kind
        self._words = {each.type: each.words for each in definition.conditions}
        self._first = next(iter(self._words))
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, seen: Object, sign: int) -> None:
        """An object came (1) or went (-1)."""
        for each in self._said(seen):
            self._counts[each] += sign

    def rows(self) -> Iterator[Row]:
        """The labels (kind, condition, status, reason) and how many objects say so."""
        for said, number in self._counts.items():
            if number:
                yield (self._kind, *said), number

    def _said(self, seen: Object) -> Iterator[tuple[str, str, str]]:
        conditions = seen.status.get("conditions") or ()
        if not conditions:
            yield self._first, "Unknown", NONE_YET
        for each in conditions:
            words = self._words.get(each["type"])
            if words is not None:
                status = each["status"] if each["status"] in STATUSES else "Unknown"
                yield each["type"], status, each["reason"] if each["reason"] in words else OTHER


def show(measures: Measures, tallies: Iterable[ByCondition], lease: Lease | None = None) -> None:
    """Has a process tell what its tallies count, while it leads: those that stand by would tell the same again."""
    held = tuple(tallies)

    def rows() -> Iterable[Row]:
        return [row for each in held for row in each.rows()] if lease is None or lease.leading else []

    measures.observed(
        "hardpan_objects",
        "Objects by what their conditions say; only who leads tells",
        rows,
        kind="a kind: `Deployment`, `Machine`, `Volume` (coord), `Node` and records (ledger), `Job` (supervisor)",
        condition="a condition of the kind in docs/reference/api.md",
        status="`True`, `False`, `Unknown`",
        reason="a reason of the condition; empty while nothing is said yet",
    )
