"""The same seed is the same history, whatever Python hashes by."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def digest(seed: int, hashing: int) -> str:
    environment = os.environ | {"PYTHONHASHSEED": str(hashing), "PYTHONPATH": f"{ROOT}:{ROOT / 'node-agent'}"}
    command = [sys.executable, "-m", "tests.sim", "--seed", str(seed), "--digest"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_seed_gives_the_same_history_in_every_process() -> None:
    assert digest(7, 1) == digest(7, 2)


def test_another_seed_gives_another_history() -> None:
    assert digest(7, 1) != digest(8, 1)
