"""Each peer's own virtual environment, outside of the tree, with the versions that its file of pins names."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from cli.demo.tools import cache_folder

PINS = Path(__file__).with_name("requirements")


def python_of(name: str) -> Path:
    """The interpreter of a peer; its environment is made when it is missing or its pins changed."""
    pins = PINS / f"{name}.txt"
    folder = cache_folder() / "peers" / name
    python, mark = folder / "bin" / "python", folder / "pins"
    key = hashlib.sha256(pins.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != key:
        uv = str(cache_folder() / "uv" / "bin" / "uv")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
        words = ["--python", str(python), "--require-hashes", "-r", str(pins)]
        subprocess.run([uv, "pip", "install", "-q", *words], check=True)
        mark.write_text(key)
    return python


def version_of(name: str, package: str) -> str:
    """The pinned version of a package."""
    lines = (PINS / f"{name}.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{package}==")).split("==")[1].split(" ")[0]
