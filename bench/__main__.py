"""`make bench`: every benchmark, one after the other. `python -m bench script queue` runs those two only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from bench import admission, apply, crowd, flood, idle, queue, script
from bench.peers import contest
from bench.report import Row, header, table

BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "script": script.measure,
    "admission": admission.measure,
    "queue": queue.measure,
    "apply": apply.measure,
    "idle": idle.measure,
}
# These take minutes: only when they are named.
LONG: dict[str, Callable[[], list[Row]]] = {"crowd": crowd.measure, "flood": flood.measure}
PEERS = "peers"


def main(names: Sequence[str]) -> int:
    """Prints a table for each benchmark; a budget that is missed is printed, not an error."""
    known = (*BENCHMARKS, *LONG, PEERS)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(header(), flush=True)
    if PEERS in names:
        print(contest.table(contest.contest()), flush=True)
    for name in [each for each in names if each != PEERS] if names else BENCHMARKS:
        measure = (BENCHMARKS | LONG)[name]
        print(table(f"\n{name}: {_purpose(measure)}", measure()), flush=True)
    return 0


def _purpose(measure: Callable[[], list[Row]]) -> str:
    return str(sys.modules[measure.__module__].__doc__).splitlines()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
