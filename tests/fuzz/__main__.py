"""`python -m tests.fuzz [--minutes N] [--seed N] [NAME…]`: each target for so long; what it finds can be repeated.

Minutes are of this process on a processor: on a busy machine a run takes longer, and tries as much.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback

from tests.fuzz.target import Tally, Target, TimeIsUp, fuzz
from tests.fuzz.targets import TARGETS

MINUTES = 10.0
ROUND = 2_000


def long_run(target: Target, seconds: float, first: int) -> bool:
    """Rounds of one seed each until the time is over. Whether nothing was found; prints a line of what was done."""
    began, number = time.process_time(), first
    tally = Tally(stop=began + seconds)
    try:
        while True:
            fuzz(target, number, ROUND, tally)
            number += 1
    except TimeIsUp:
        verdict = "nothing found"
    except Exception:
        traceback.print_exc()
        verdict = f"FOUND: python -m tests.fuzz --seed {number} {target.name}"
    took = time.process_time() - began
    tried = f"{took:5.0f} s {tally.tried:>9,} inputs, {tally.tried / took:6.0f}/s"
    print(
        f"{target.name:<18} {tried}, slowest {tally.slowest * 1000:6.1f} ms, seeds {first}..{number}: {verdict}",
        flush=True,
    )
    return verdict == "nothing found"


def main() -> int:
    """Returns 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("names", nargs="*", choices=[[], *TARGETS], metavar="NAME")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of processor time for each target")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    chosen = parser.parse_args()
    logging.disable()  # servers complain of every input that is none
    targets = [TARGETS[name] for name in chosen.names] if chosen.names else list(TARGETS.values())
    clean = [long_run(each, chosen.minutes * 60, chosen.seed) for each in targets]
    return int(not all(clean))


if __name__ == "__main__":
    sys.exit(main())
