"""The controllers' image for tests: how it is built here, and a program that has it evaluate a script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.system.requirements import need
from tests.system.somebody_else import IMPORTED

BUILD = ("-m", "cli.main", "image", "control-plane", "--output")
EVALUATE = """
from plans.evaluator import InChild
found = InChild(30.0).evaluate('machine("web", #{ memory: "64Mi", disk: "64Mi", image: params.image });',
    {"image": "https://images.example/a.raw#sha256=" + "0" * 64}, 1)
print(found.plan.to_bytes().decode())
"""


def build(file: Path) -> Path:
    """Writes the image, with its bill of materials beside it."""
    need("image")
    subprocess.run([sys.executable, *BUILD, file], check=True, env={**os.environ, "PYTHONPATH": IMPORTED})
    return file
