"""What is fuzzed: something that reads what strangers write, the inputs, and what must hold of every one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy


class TooSlow(AssertionError):
    """An input costs more processor time than any may."""


@dataclass(frozen=True)
class Target:
    """`check` raises for an input that is not handled as it must be: any error, an AssertionError among them.

    The documented errors of what is fuzzed are no business of the runner: `check` knows them and swallows them.
    """

    name: str
    inputs: SearchStrategy[Any]
    check: Callable[[Any], None]
    slow: float = 0.5


@dataclass
class Tally:
    """What a run did: inputs tried, and the processor seconds of the slowest."""

    tried: int = 0
    slowest: float = 0.0
    stop: float = field(default=float("inf"))


class TimeIsUp(BaseException):
    """Ends a round between two inputs; not an Exception, so that nothing takes it for a failure."""


def fuzz(target: Target, number: int, examples: int, tally: Tally) -> None:
    """Tries so many inputs drawn from seed `number`. Raises what the smallest bad input raises."""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    @given(target.inputs)
    def attempt(value: Any) -> None:
        if time.process_time() > tally.stop:
            raise TimeIsUp
        spent = _cost(target, value)
        tally.tried += 1
        if spent > target.slow:
            # A busy machine may take processor time from anybody once, never from the same input again and again.
            spent = min(_cost(target, value) for _ in range(3))
        tally.slowest = max(tally.slowest, spent)
        if spent > target.slow:
            raise TooSlow(f"{spent:.2f} s of processor time for one input")

    attempt()


def _cost(target: Target, value: Any) -> float:
    """The processor seconds that one input takes."""
    began = time.thread_time()
    target.check(value)
    return time.thread_time() - began
