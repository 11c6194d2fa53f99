"""Files that are made from the models and committed: written, or checked against what they should be."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(wanted: Mapping[Path, str], arguments: Sequence[str], module: str) -> int:
    """`--write` makes the files, `--check` fails when they differ."""
    if arguments not in (["--write"], ["--check"]):
        print(f"usage: python -m {module} --write|--check", file=sys.stderr)
        return 2
    stale = [file for file, text in wanted.items() if not file.exists() or file.read_text() != text]
    if arguments == ["--check"]:
        for file in stale:
            print(f"{file} differs from its model: run `make crds`", file=sys.stderr)
        return 1 if stale else 0
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[file])
    return 0
