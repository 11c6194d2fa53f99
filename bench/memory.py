"""What a process holds in memory."""

from __future__ import annotations

from pathlib import Path


def resident(pid: int) -> float:
    """Resident memory, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
