"""What each controller holds in memory with nothing to do: no node, no deployment. A pod may idle in 64 MiB.

By the Python of this machine, whose libraries differ from those of the controllers' image by a few MiB.
"""

from __future__ import annotations

import time

from bench.cloud import BenchCloud, running
from bench.memory import own, resident
from bench.report import Row
from cli.control_plane import ROLES

# Every watch is open by then, and the first full list after them is over.
SETTLED_SECONDS = 30.0
BUDGET = 64.0


def measure() -> list[Row]:
    """Their own memory, and with the files that they share."""
    with running(0) as cloud:
        time.sleep(SETTLED_SECONDS)
        return [row for role in ROLES for row in _rows(cloud, role)]


def _rows(cloud: BenchCloud, role: str) -> list[Row]:
    pid = cloud.pid(role)
    return [
        Row(f"idle {role}: its own", own(pid), "MiB", BUDGET),
        Row(f"idle {role}: resident", resident(pid), "MiB", BUDGET),
    ]
