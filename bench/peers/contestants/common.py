"""What the contest asks of a contestant, in the contestant's own environment: only the standard library is sure here.

`with_NAME.py REDIS_URL fill COUNT`, `… work SETTING`, `… quiet COUNT SILENCE_SECONDS`; what was measured comes as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Contestant:
    """`fill` places so many jobs; `work` runs a worker of this setting; `one` runs a job and waits for its result."""

    fill: Callable[[int], None]
    work: Callable[[str], None]
    one: Callable[[], None]

    def main(self) -> None:
        """Does what the command line says."""
        _, _, what, *rest = sys.argv
        if what == "fill":
            began = time.perf_counter()
            self.fill(int(rest[0]))
            print(json.dumps(time.perf_counter() - began))
        elif what == "work":
            self.work(rest[0])
        else:
            print(json.dumps(latencies(self.one, int(rest[0]), float(rest[1]))))


def redis_url() -> str:
    """The server, as the harness says."""
    return sys.argv[1]


def latencies(one: Callable[[], None], count: int, silence: float) -> list[float]:
    """Milliseconds of single jobs, each after a silence; the first three are not counted."""
    found = []
    for _ in range(count + 3):
        time.sleep(silence)
        began = time.perf_counter()
        one()
        found.append((time.perf_counter() - began) * 1000)
    return found[3:]
