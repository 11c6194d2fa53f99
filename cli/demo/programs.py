"""A folder for the demo user's PATH: `hardpan` with its kubectl plugin, and kubectl where the machine has none."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from sal.filesystem import write_durably

OURS = ("hardpan", "kubectl-hardpan", "kubectl_complete-hardpan")


def write_programs(folder: Path, kubectl: Sequence[str]) -> None:
    """Writes the programs as small scripts."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(sys.executable).parent
    for name in OURS:
        if (beside / name).exists():
            _write(folder / name, [str(beside / name)])
    if shutil.which("kubectl") is None:
        _write(folder / "kubectl", kubectl)


def _write(file: Path, words: Sequence[str]) -> None:
    write_durably(file, f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'.encode(), 0o755)
