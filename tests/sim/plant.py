"""`python -m tests.sim.plant [NAME…]`: puts known bugs into a copy of the tree, one by one; each must be found.

A patch in `planted/` begins with what it does and with what finds it (`Found by:`): `seeds`, `deaths of …` (deaths at
the writes of the reference run that these words describe, the undisturbed run first), or one test of pytest. One that
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
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tests.sim.plant_table import Row, write

ROOT = Path(__file__).parents[2]
PLANTED = Path(__file__).with_name("planted")
NEEDED = ("crds", "trust", "plans", "jobs", "controllers", "node-agent", "sal", "cli", "rhai-py/python", "tests")
MOST_SEEDS = 300
DEATHS, ALONE = "deaths of ", ", alone"
VIOLATED = re.compile(r"^(?P<where>seed \d+|\S+ dies .*?|the reference run): (?P<what>.+)$", re.MULTILINE)
FAILED = re.compile(r"^E +(?P<what>\S.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Bug:
    """A planted bug. `otherwise` replaces the finder that its patch names."""

    name: str
    patch: Path
    otherwise: str = ""

    @cached_property
    def _head(self) -> list[str]:
        return self.patch.read_text().split("\n---")[0].splitlines()

    @property
    def broken(self) -> str:
        """What it does, in a sentence."""
        return self._head[0]

    @property
    def finder(self) -> str:
        """What finds it, as said above."""
        return self.otherwise or next(
            line.removeprefix("Found by: ") for line in self._head if line.startswith("Found by: ")
        )

    @property
    def test(self) -> bool:
        """Whether it is a test of pytest that finds it."""
        return "::" in self.finder

    def command(self, seeds: int) -> list[str]:
        """What Python has to run in the tree with the bug; `seeds` bounds a search by seeds."""
        if self.test:
            return ["-m", "pytest", "-q", "-p", "no:cacheprovider", self.finder]
        if self.finder.startswith(DEATHS):
            at = self.finder.removeprefix(DEATHS)
            alone = ["--alone"] if at.endswith(ALONE) else []
            return ["-m", "tests.sim", "--first", "--exhaustive", "--at", at.removesuffix(ALONE), *alone]
        return ["-m", "tests.sim", "--first", "--seeds", f"1..{seeds}"]


@dataclass(frozen=True)
class Found:
    """The violation that gave a bug away (empty: nothing did), where it showed, and the seconds that it took."""

    violation: str
    seconds: float
    where: str = ""

    def told(self, bug: Bug) -> str:
        """For readers: the test, or where which invariant broke."""
        host_names = re.compile(r" [mv]-[a-z2-7]{20}")
        return f"`{bug.finder}`" if bug.test else f"{host_names.sub('', self.where)}: {self.violation.split(':')[0]}"


def bugs(names: list[str]) -> list[Bug]:
    """These bugs, or all."""
    found = [Bug(each.stem, each) for each in sorted(PLANTED.glob("*.patch"))]
    if unknown := set(names) - {each.name for each in found}:
        raise SystemExit(f"no such planted bug: {', '.join(sorted(unknown))}")
    return [each for each in found if not names or each.name in names]


def look_for(bug: Bug, seeds: int = MOST_SEEDS) -> Found:
    """Plants the bug in a copy of the tree and lets its finder look for it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hardpan-planted-") as folder:
        copy = Path(folder)
        plant(bug, copy)
        environment = os.environ | {"PYTHONPATH": f"{copy}:{copy / 'node-agent'}:{copy / 'rhai-py' / 'python'}"}
        command = [sys.executable, *bug.command(seeds)]
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - began
    said = (FAILED if bug.test else VIOLATED).search(done.stdout) if done.returncode == 1 else None
    if said is None:
        if done.returncode:  # A patch that breaks an import, for one, is no find.
            print(f"{bug.name}: the run itself failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}", file=sys.stderr)
        return Found("", seconds)
    return Found(said["what"], seconds, bug.finder if bug.test else said["where"])


def plant(bug: Bug, copy: Path) -> None:
    """The tree as it is now, with the bug. CalledProcessError when the patch no longer applies."""
    ignored = shutil.ignore_patterns("__pycache__", "cloud", "cluster")
    for each in NEEDED:
        shutil.copytree(ROOT / each, copy / each, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    subprocess.run(["git", "apply", "-C1", str(bug.patch)], cwd=copy, check=True)


def main() -> int:
    """Prints a row per bug; returns 1 when one was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.plant")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=MOST_SEEDS, help="how many are tried at most")
    parser.add_argument("--by-seeds", action="store_true", help="let seeds look for it, whatever its patch names")
    parser.add_argument("--write", action="store_true", help="put what was found into docs/reliability.md")
    chosen = parser.parse_args()
    seen, missed = list[Row](), 0
    for bug in [replace(each, otherwise="seeds" if chosen.by_seeds else "") for each in bugs(chosen.names)]:
        found = look_for(bug, chosen.seeds)
        missed += not found.violation
        verdict = f"{found.where}: {found.violation}"[:180] if found.violation else f"NOT FOUND by {bug.finder}"
        print(f"{bug.name:<30} {found.seconds:4.0f} s  {verdict}", flush=True)
        if found.violation:
            told = {"storms" if chosen.by_seeds else "found": found.told(bug)}
            seen.append(Row(bug.name, bug.broken, **told))
    if chosen.write:
        write(seen, [each.name for each in bugs([])])
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
