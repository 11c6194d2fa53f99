"""Whether a node that an operator removes is out of service: only when nothing is left on it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controllers.ledger.presence import Standing
from controllers.ledger.uptime import Liveness
from controllers.loop.conditions import Condition
from controllers.loop.objects import Object
from controllers.removed import is_forgotten, is_leaving, is_removed
from crds.node_conditions import Reason
from crds.reasons import RefusalReason
from trust.certificate import NodeCertificate
from trust.errors import Refusal

SHOWN = 4


@dataclass(frozen=True)
class Left:
    """What is left on a node, and why its own word on that is missing."""

    objects: tuple[str, ...] = ()
    untold: str = ""

    @property
    def nothing(self) -> bool:
        """Whether nothing of ours runs there, by the objects and by its own signed word."""
        return not self.objects and not self.untold

    def __str__(self) -> str:
        more = f" and {len(self.objects) - SHOWN} more" if len(self.objects) > SHOWN else ""
        return "; ".join(each for each in (", ".join(self.objects[:SHOWN]) + more, self.untold) if each)


def is_under_way(node: Object) -> bool:
    """An operator removes it, and it was not found empty yet."""
    return node.spec.get("removal") == "Graceful" and not is_removed(node)


def told(vouched: NodeCertificate | Refusal | None, held: Standing | None, liveness: Liveness | None) -> Left:
    """What its own newest report says. A machine that nobody vouches for was never ordered anything."""
    if not isinstance(vouched, NodeCertificate):
        return Left()
    if held is None or held.report is None or liveness != "Reporting":
        return Left(untold="no report says what is on it: bring it back, or, once it is off for good, --forget")
    return Left(tuple(sorted(f"{row.kind} {row.namespace}/{row.name}" for row in held.report.table)))


def placed(objects: Iterable[Object]) -> Left:
    """What the objects say that are placed there."""
    return Left(tuple(sorted(f"{each.resource.kind.lower()} {each.namespace}/{each.name}" for each in objects)))


def is_out(node: Object, found: Left | None) -> bool:
    """Whether it is out of service now; it stays so."""
    return is_removed(node) or (is_under_way(node) and found is not None and found.nothing)


def draining(node: Object, found: Left | None, held: Standing | None) -> Condition:
    """The condition."""
    if is_out(node, found):
        words = "given up by the operator" if is_forgotten(node) else "nothing is left on it"
        return Condition("Draining", "False", str(RefusalReason.NODE_REMOVED), words)
    if not is_leaving(node):
        return Condition("Draining", "False", str(Reason.IN_SERVICE))
    rows = len(held.report.table) if held and held.report else 0
    there = str(found) if found else f"it holds {rows} of ours" if rows else ""
    return Condition("Draining", "True", str(Reason.DRAINING), f"still there: {there}" if there else "")
