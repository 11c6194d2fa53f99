"""`python -m tests.sim.plant [NAME…]`: puts known bugs into a copy of the tree, one by one; each must be found.

A patch in `planted/` begins with what it does and by what it is found: random seeds or the exhaustive run. One that
nothing finds means that the harness is broken, not that the product is well.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLANTED = Path(__file__).with_name("planted")
NEEDED = ("crds", "trust", "plans", "jobs", "controllers", "node-agent", "sal", "rhai-py/python", "tests")
MOST_SEEDS = 300


@dataclass(frozen=True)
class Bug:
    """A planted bug."""

    name: str
    patch: Path

    @property
    def exhaustive(self) -> bool:
        """Whether a death at some write of the reference run shows it."""
        return "Found by: exhaustive" in self.patch.read_text()


@dataclass(frozen=True)
class Found:
    """The violation that gave a bug away; empty when nothing did."""

    violation: str
    seconds: float


def bugs(names: list[str]) -> list[Bug]:
    """These bugs, or all."""
    found = [Bug(each.stem, each) for each in sorted(PLANTED.glob("*.patch"))]
    return [each for each in found if not names or each.name in names]


def look_for(bug: Bug, seeds: int = MOST_SEEDS) -> Found:
    """Plants the bug in a copy of the tree and lets the simulation look for it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hardpan-planted-") as folder:
        copy = Path(folder)
        plant(bug, copy)
        words = ["--exhaustive", "--every", "11"] if bug.exhaustive else ["--seeds", f"1..{seeds}"]
        environment = os.environ | {"PYTHONPATH": f"{copy}:{copy / 'node-agent'}:{copy / 'rhai-py' / 'python'}"}
        done = subprocess.run(
            [sys.executable, "-m", "tests.sim", *words, "--first"],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
        )
    violated = re.search(r"^(?:seed \d+|.* dies .*?): (.+)$", done.stdout, re.MULTILINE)
    crashed = done.stderr.strip().splitlines()[-1] if done.returncode not in (0, 1) or done.stderr.strip() else ""
    return Found(violated[0] if violated else crashed, time.monotonic() - began)


def plant(bug: Bug, copy: Path) -> None:
    """The tree as it is now, with the bug. CalledProcessError when the patch no longer applies."""
    for each in NEEDED:
        ignored = shutil.ignore_patterns("__pycache__", "cases", "cloud", "cluster", "system")
        shutil.copytree(ROOT / each, copy / each, ignore=ignored)
    subprocess.run(["git", "apply", "-C1", str(bug.patch)], cwd=copy, check=True)


def main() -> int:
    """Prints a row per bug; returns 1 when one was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.plant")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=MOST_SEEDS)
    chosen = parser.parse_args()
    missed = 0
    for bug in bugs(chosen.names):
        found = look_for(bug, chosen.seeds)
        missed += not found.violation
        verdict = found.violation[:150] or f"NOT FOUND within {chosen.seeds} seeds"
        print(f"{bug.name:<32} {found.seconds:5.0f} s  {verdict}", flush=True)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
