"""`python -m tests.sim --seed N` repeats one seed and tells its story; `--seeds A..B` plays many and counts.

`--exhaustive` lets each process of a reference run die at each of its writes, `--crash PROCESS:N` at one of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import re
import sys
import time

from tests.sim import exhaustive
from tests.sim.storm import run_seed
from tests.sim.world import World

SHOWN = 80
PROGRESS_SEEDS = 100
ALWAYS_SHOWN = ("user", "fault", "play")


def main() -> int:
    """Returns 1 when a seed violated an invariant."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--seed", type=int, help="play this seed and show its history")
    parser.add_argument("--seeds", help="play these seeds, A..B")
    parser.add_argument("--first", action="store_true", help="stop at the first violation")
    parser.add_argument("--digest", action="store_true", help="print the history's digest only")
    parser.add_argument("--all", action="store_true", help="show the whole history")
    parser.add_argument("--exhaustive", action="store_true", help="a death at every write of the reference run")
    parser.add_argument("--every", type=int, default=1, help="only at each n-th of them")
    parser.add_argument("--at", default="", help="only at writes that match, as in 'node-0/executor.*stop'")
    parser.add_argument("--alone", action="store_true", help="the node of an executor that dies is cut off for a while")
    parser.add_argument("--crash", help="a death at one write, PROCESS:N")
    chosen = parser.parse_args()
    if chosen.exhaustive:
        return everywhere(chosen.every, chosen.at, alone=chosen.alone, stop=chosen.first)
    if chosen.crash:
        process, number = chosen.crash.rsplit(":", 1)
        outcome = exhaustive.run(exhaustive.Boundary(process, int(number), "", chosen.alone))
        tell(outcome.world, outcome.violations, chosen.all)
        return int(bool(outcome.violations))
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
        tell(result.world, result.violations, everything)
        print(f"again: python -m tests.sim --seed {seed}")
    return int(bool(result.violations))


def tell(world: World, violations: tuple[str, ...], everything: bool = False) -> None:
    """The story: what people and faults did, and the last of all else before the first violation."""
    entries = world.history.entries
    moments = [float(each.split(": ")[1]) for each in violations if each.split(": ")[1][0].isdigit()]
    until = min(moments, default=float("inf")) + 1.0
    before = [each for each in entries if each.at <= until]
    shown = before if everything else [e for e in before[:-SHOWN] if e.who in ALWAYS_SHOWN] + before[-SHOWN:]
    for entry in shown:
        print(entry)
    for violation in violations:
        print(f"VIOLATED  {violation}")
    print(f"{entries[-1].at:.0f} virtual seconds, {len(entries)} entries")


def everywhere(every: int, at: str, *, alone: bool, stop: bool) -> int:
    """The reference run without a death, and then with one at each n-th boundary of those that match."""
    undisturbed = exhaustive.run(None)
    if undisturbed.violations:
        print(f"the reference run: {undisturbed.violations[0]}", flush=True)
        return 1
    meant = [b for b in exhaustive.boundaries(undisturbed) if re.search(at, f"{b.process} {b.what}")]
    found, bad = [dataclasses.replace(each, alone=alone) for each in meant[::every]], 0
    for boundary in found:
        outcome = exhaustive.run(boundary)
        if outcome.violations:
            bad += 1
            print(f"{boundary.process} dies {boundary.what}: {outcome.violations[0]}", flush=True)
            how = f"--crash {boundary.process}:{boundary.number}{' --alone' if alone else ''}"
            print(f"    again: python -m tests.sim {how}", flush=True)
            if stop:
                break
    print(f"{len(found)} deaths, {bad} violated an invariant")
    return int(bool(bad))


def many(seeds: range, *, stop: bool) -> int:
    """Plays many seeds; a line for each that violated something, one for every hundred, and a sum at the end."""
    gc.freeze()  # What was imported is there for good: the collector need not look at it after every seed.
    began, virtual, bad = time.process_time(), 0.0, 0
    for number, seed in enumerate(seeds, 1):
        result = run_seed(seed)
        virtual += result.seconds
        if result.violations:
            bad += 1
            print(f"seed {seed}: {result.violations[0]} ({len(result.violations)} in all)", flush=True)
            print(f"    again: python -m tests.sim --seed {seed}", flush=True)
            if stop:
                break
        if number % PROGRESS_SEEDS == 0 and seed != seeds[-1]:
            so_far(number, virtual, time.process_time() - began, bad)
            print(f"    to go on from here: make sim SEEDS={seed + 1}..{seeds[-1]}", flush=True)
    so_far(number, virtual, time.process_time() - began, bad)
    return int(bool(bad))


def so_far(played: int, virtual: float, spent: float, bad: int) -> None:
    """One line: how many seeds, how long they lasted, how long they took, and what they found."""
    rate = virtual / 60 / max(spent, 0.001)
    took = f"{virtual / 3600:.1f} virtual hours in {spent:.0f} s of one core ({rate:.0f} h/min)"
    print(f"{played} seeds, {took}; {bad} violated an invariant", flush=True)


if __name__ == "__main__":
    sys.exit(main())
