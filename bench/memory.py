"""What a process holds in memory."""

from __future__ import annotations

from pathlib import Path


def resident(pid: int) -> float:
    """Resident memory, in MiB: files that others have mapped too are in it."""
    return _field(Path(f"/proc/{pid}/status"), "VmRSS:")


def own(pid: int) -> float:
    """Memory of its own, in MiB: what a pod is charged for when other pods have read the image's files before."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Anonymous:")


def _field(file: Path, name: str) -> float:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name)) / 1024
