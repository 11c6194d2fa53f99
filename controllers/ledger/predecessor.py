"""Which node a machine was before its disk was wiped: the same board, under another key. Pure.

A hint for people only: whoever registers can claim any board.
"""

from __future__ import annotations

from collections.abc import Iterable

from controllers.loop.conditions import is_true
from controllers.loop.objects import Object

MACHINE = "machine"


def by_machine(node: Object) -> Iterable[str]:
    """The index of a cache of Nodes: the number that its firmware gives the machine."""
    machine = (node.status.get("inventory") or {}).get("machine")
    return (machine,) if machine else ()


def predecessor(node: Object, same_board: Iterable[Object]) -> Object | None:
    """The latest older node of the same board that reports no more."""
    older = [each for each in same_board if each.name != node.name and not is_true(each.status, "Ready")]
    before = [each for each in older if each.raw["metadata"]["creationTimestamp"] <= _created(node)]
    return max(before, key=_created, default=None)


def hint(node: Object, same_board: Iterable[Object]) -> str:
    """The sentence for people; empty when there is nothing to say."""
    found = predecessor(node, same_board)
    if found is None:
        return ""
    forget = f"kubectl hardpan forget node {found.name}"
    return f"the same board was {found.name}, which reports no more; if its disk was wiped: {forget}"


def _created(node: Object) -> str:
    return str(node.raw["metadata"]["creationTimestamp"])
