"""What a storm does and when, from its seed alone. Pure.

Ten storms with seeds one after the other play each fault about four times: each deals on where the one before ended.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from tests.chaos.faults.fault import NO_NODE, Fault

PER_STORM = 17
LENGTH_SECONDS = 120.0
BETWEEN_SECONDS = 2.0


@dataclass(frozen=True)
class Blow:
    """A fault at its time, in seconds since the storm began."""

    at: float
    seconds: float
    fault: str
    node: int

    def __str__(self) -> str:
        where = f" of node {self.node}" if self.node else ""
        lasts = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {self.fault}{where}{lasts}"


def draw(seed: int, faults: Mapping[str, Fault], nodes: int, count: int = PER_STORM) -> list[Blow]:
    """The blows of a storm, in order of their times; those of one group never overlap."""
    chance = random.Random(seed)
    names = sorted(faults)
    random.Random(20_261_126).shuffle(names)
    dealt = [names[(seed * count + number) % len(names)] for number in range(count)]
    chance.shuffle(dealt)
    blows: list[Blow] = []
    for number, name in enumerate(dealt):
        fault = faults[name]
        node = chance.randint(1, nodes) if fault.of_a_node else NO_NODE
        due = LENGTH_SECONDS * (number + chance.random()) / count
        seconds = round(chance.uniform(*fault.seconds), 1)
        blows.append(Blow(round(max(due, _free(blows, faults, fault, node)), 1), seconds, name, node))
    return sorted(blows, key=lambda blow: blow.at)


def _free(blows: list[Blow], faults: Mapping[str, Fault], fault: Fault, node: int) -> float:
    """When whatever it would get in the way of is over."""
    ends = [
        blow.at + blow.seconds + BETWEEN_SECONDS
        for blow in blows
        if faults[blow.fault].group == fault.group and blow.node == node
    ]
    return max(ends, default=0.0)
