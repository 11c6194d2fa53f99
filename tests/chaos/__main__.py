"""`make chaos`: ten storms over a real cloud, each from its seed. `python -m tests.chaos --seed N` repeats one."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.chaos.faults.table import FAULTS
from tests.chaos.plan import draw
from tests.chaos.run import Outcome, storm


def main() -> int:
    """Returns 1 when a storm broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, help="play this seed")
    parser.add_argument("--seeds", default="1..10", help="play these seeds, A..B")
    parser.add_argument("--plan", action="store_true", help="only say what would be done")
    parser.add_argument("--only", default="", help="only the faults whose name has this in it")
    parser.add_argument("--keep", type=Path, help="the folder for logs, journals and objects of a failed storm")
    chosen = parser.parse_args()
    first, last = (int(each) for each in chosen.seeds.split(".."))
    seeds = [chosen.seed] if chosen.seed is not None else range(first, last + 1)
    outcomes = []
    for seed in seeds:
        if chosen.plan:
            print(f"seed {seed}", *(str(blow) for blow in draw(seed, FAULTS, 4)), sep="\n")
            continue
        outcomes.append(storm(seed, _say, chosen.keep, chosen.only))
        _tell(outcomes[-1])
    return int(any(each.broken for each in outcomes))


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


def _tell(outcome: Outcome) -> None:
    converged = (
        f"converged {outcome.converged:.1f} s after the storm" if outcome.converged is not None else "NOT converged"
    )
    probe = f", a new deployment Ready in {outcome.probe:.1f} s" if outcome.probe is not None else ""
    counts = f"{len(outcome.blows)} faults, {outcome.lives} lives, {outcome.effects} effects"
    _say(f"seed {outcome.seed}: {counts}; {converged}{probe}; {outcome.seconds:.0f} s in all")
    for sentence in outcome.broken:
        _say(f"    BROKEN  {sentence}")
    verdict = "FAILED; again: python -m tests.chaos --seed" if outcome.broken else "passed"
    _say(f"seed {outcome.seed}: {verdict}" + (f" {outcome.seed}" if outcome.broken else ""))


if __name__ == "__main__":
    sys.exit(main())
