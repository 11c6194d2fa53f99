"""The same seed is the same history, whatever Python hashes by; another seed is another one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def digest(seed: int, hashing: int) -> str:
    environment = os.environ | {"PYTHONHASHSEED": str(hashing), "PYTHONPATH": f"{ROOT}:{ROOT / 'node-agent'}"}
    command = [sys.executable, "-m", "tests.sim", "--seed", str(seed), "--digest"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.timeout(400)
def test_a_seed_gives_the_same_history_in_every_process_and_another_seed_another() -> None:
    first = digest(36, hashing=1)
    assert first == digest(36, hashing=2)
    assert first != digest(23, hashing=1)
