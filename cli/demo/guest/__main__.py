"""`python -m cli.demo.guest OUTPUT`: builds the guest's disk and prints its digest."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.demo.guest.build import build
from sal.command import SystemRunner

if __name__ == "__main__":
    target = Path(sys.argv[1])
    print(build(SystemRunner(), target, target.parent / "kernel"))
