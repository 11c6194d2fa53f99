"""Check, do, verify: acts one at a time and observes after each, until nothing is left to do.

What is left is a pure function of what is observed, so going on after a crash at any line needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from node_agent.errors import StepFailed, TryAgain

TRIES = 3
PAUSES = (0.2, 1.0)

Facts = TypeVar("Facts")
Act = TypeVar("Act", bound=Hashable)


def converge(
    observe: Callable[[], Facts],
    plan: Callable[[Facts], Sequence[Act]],
    do: Callable[[Act], None],
    sleep: Callable[[float], None],
) -> int:
    """Reaches the state in which the plan is empty; returns the number of acts.

    Raises StepFailed when an act is planned again after it was done, and the third TryAgain of one act.
    """
    done: set[Act] = set()
    while acts := plan(observe()):
        act = acts[0]
        if act in done:
            raise StepFailed("StepFailed", f"{act} was done and does not hold: see the node's log")
        _insist(lambda act=act: do(act), sleep)  # type: ignore[misc]
        done.add(act)
    return len(done)


def _insist(call: Callable[[], None], sleep: Callable[[float], None]) -> None:
    for pause in PAUSES[: TRIES - 1]:
        try:
            return call()
        except TryAgain:
            sleep(pause)
    return call()
