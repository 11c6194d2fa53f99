"""`python -m tests.sim --seed N` repeats one seed and tells its story; `--seeds A..B` plays many and counts."""

from __future__ import annotations

import argparse
import sys
import time

from tests.sim.storm import Result, run_seed

SHOWN = 80
ALWAYS_SHOWN = ("user", "fault", "play")


def main() -> int:
    """Returns 1 when a seed violated an invariant."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--seed", type=int, help="play this seed and show its history")
    parser.add_argument("--seeds", help="play these seeds, A..B")
    parser.add_argument("--first", action="store_true", help="stop at the first violation")
    parser.add_argument("--digest", action="store_true", help="print the history's digest only")
    parser.add_argument("--all", action="store_true", help="show the whole history")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return one(chosen.seed, digest=chosen.digest, everything=chosen.all)
    first, last = (int(each) for each in (chosen.seeds or "1..100").split(".."))
    return many(range(first, last + 1), stop=chosen.first)


def one(seed: int, *, digest: bool, everything: bool) -> int:
    """Plays one seed."""
    result = run_seed(seed)
    if digest:
        print(result.world.history.digest)
    else:
        tell(result, everything)
    return int(bool(result.violations))


def tell(result: Result, everything: bool = False) -> None:
    """The story: what people and faults did, and the last of all else before the first violation."""
    entries = result.world.history.entries
    moments = [float(each.split(": ")[1]) for each in result.violations if each.split(": ")[1][0].isdigit()]
    until = min(moments, default=float("inf")) + 1.0
    before = [each for each in entries if each.at <= until]
    shown = before if everything else [e for e in before[:-SHOWN] if e.who in ALWAYS_SHOWN] + before[-SHOWN:]
    for entry in shown:
        print(entry)
    for violation in result.violations:
        print(f"VIOLATED  {violation}")
    print(f"{result.seconds:.0f} virtual seconds, {len(entries)} entries")
    print(f"again: python -m tests.sim --seed {result.seed}")


def many(seeds: range, *, stop: bool) -> int:
    """Plays many seeds; one line for each that violated something, and a sum at the end."""
    began, virtual, bad = time.process_time(), 0.0, 0
    for seed in seeds:
        result = run_seed(seed)
        virtual += result.seconds
        if result.violations:
            bad += 1
            print(f"seed {seed}: {result.violations[0]} ({len(result.violations)} in all)", flush=True)
            print(f"    again: python -m tests.sim --seed {seed}", flush=True)
            if stop:
                break
    spent = time.process_time() - began
    rate = virtual / 60 / max(spent, 0.001)
    print(f"{len(seeds)} seeds, {virtual / 3600:.1f} virtual hours in {spent:.0f} s of one core ({rate:.0f} h/min)")
    print(f"{bad} seeds violated an invariant")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
