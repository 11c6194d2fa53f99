"""What a fault is: something that is done to a running cloud, and undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.arena import Arena

Undo = Callable[[], None]
NO_NODE = 0


@dataclass(frozen=True)
class Fault:
    """`begin` gets the cloud and the number of the node that is hit (0: none), and returns what undoes it.

    It lasts `seconds`. Two faults of one group are never at work at once; those of a node are a group per node.
    """

    name: str
    group: str
    begin: Callable[[Arena, int], Undo]
    seconds: tuple[float, float] = (0.0, 0.0)

    @property
    def of_a_node(self) -> bool:
        """Whether it needs a node to hit."""
        return self.group == "node"


def nothing() -> None:
    """Undoes what needs no undoing."""
